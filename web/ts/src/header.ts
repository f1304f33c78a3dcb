import { protocolError } from "./error.js";

// Connect's headers for HTTP say what the URL and the opening message say here.
const ofHTTP = new Set([
  "accept-encoding",
  "connect-accept-encoding",
  "connect-content-encoding",
  "connect-protocol-version",
  "connect-timeout-ms",
  "content-encoding",
  "content-length",
  "content-type",
]);

const maxTimeoutMs = 9_999_999_999; // ten digits, as in Connect

/**
 * Returns the client's first message. The timeout is what the header
 * connect-timeout-ms says, so interceptors can see it and change it.
 */
export function openingMessage(header: Headers): string {
  const fields: Record<string, string[]> = {};
  header.forEach((value, name) => {
    if (!ofHTTP.has(name)) {
      // Headers joins the values of a name. The binary ones can be told apart again.
      fields[name] = name.endsWith("-bin") ? value.split(/, */) : [value];
    }
  });
  const timeoutMs = timeoutOf(header);
  return JSON.stringify({
    ...(Object.keys(fields).length > 0 && { header: fields }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

function timeoutOf(header: Headers): number | undefined {
  const ms = Math.ceil(Number(header.get("connect-timeout-ms") ?? NaN));
  return ms >= 0 && ms <= maxTimeoutMs ? ms : undefined;
}

/** Returns the header that the server's first message holds. */
export function parseHeader(message: string): Headers {
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    throw protocolError("the first message is not JSON");
  }
  if (!isObject(json)) {
    throw protocolError("the first message is not an object");
  }
  const fields = json["header"] ?? {};
  if (!isObject(fields)) {
    throw protocolError("the header is not an object");
  }
  const header = new Headers();
  for (const [name, values] of Object.entries(fields)) {
    if (!Array.isArray(values) || values.some((value) => typeof value !== "string")) {
      throw protocolError(`the values of the header ${JSON.stringify(name)} are not strings`);
    }
    try {
      values.forEach((value: string) => header.append(name, value));
    } catch {
      throw protocolError(`the header ${JSON.stringify(name)} is not valid`);
    }
  }
  return header;
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
