import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ResourceInfoSchema } from "./gen/google/rpc/error_details_pb";

/** Says for people why a call failed. */
export function describe(reason: unknown): string {
  const error = ConnectError.from(reason);
  // fetch fails with a TypeError if there is no answer.
  if (error.code === Code.Unavailable || error.cause instanceof TypeError) {
    return "The server cannot be reached.";
  }
  const hints = error.findDetails(ResourceInfoSchema).map((info) => info.description);
  return [`${error.rawMessage || "it failed"} (${codeName(error.code)})`, ...hints].map(sentence).join(" ");
}

/** Returns what is wrong with which field of the request, by google.rpc.BadRequest. */
export function wrongFields(reason: unknown): Map<string, string> {
  const details = ConnectError.from(reason).findDetails(BadRequestSchema);
  const violations = details.flatMap((detail) => detail.fieldViolations);
  return new Map(violations.map(({ field, description }) => [field, description]));
}

/** Returns the name of a code as the protocols write it. */
export function codeName(code: Code): string {
  return Code[code].replace(/(?!^)[A-Z]/g, (c) => `_${c}`).toLowerCase();
}

function sentence(text: string): string {
  return text === "" ? "" : `${text[0]?.toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}
