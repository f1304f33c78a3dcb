import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { createWebSocketTransport } from "@curlew-rpc/connect-websocket";
import { connectCases, type Case } from "./connect";
import { grpcWebCases } from "./grpcweb";
import { streamCases } from "./streams";

const baseUrl = location.origin;

function transports(useBinaryFormat: boolean) {
  const format = useBinaryFormat ? "protobuf" : "JSON";
  const webSocket = createWebSocketTransport({ baseUrl, useBinaryFormat });
  return {
    ...connectCases(`connect-web, Connect, ${format}`, createConnectTransport({ baseUrl, useBinaryFormat })),
    ...connectCases(`connect-web, Connect by GET, ${format}`, createConnectTransport({ baseUrl, useBinaryFormat, useHttpGet: true })),
    ...connectCases(`connect-web, gRPC-Web, ${format}`, createGrpcWebTransport({ baseUrl, useBinaryFormat })),
    ...connectCases(`connect-websocket, ${format}`, webSocket),
    ...streamCases(`connect-websocket, ${format}`, webSocket),
  };
}

const cases: Record<string, Case> = {
  ...transports(false),
  ...transports(true),
  ...grpcWebCases("binary"),
  ...grpcWebCases("text"),
};

/** Returns the names of all cases. */
export const names = (): string[] => Object.keys(cases);

/** Runs one case, and returns why it failed, or nothing. */
export async function run(name: string): Promise<string> {
  try {
    await cases[name]?.();
    return "";
  } catch (e) {
    return e instanceof Error ? `${e.message}\n${e.stack}` : String(e);
  }
}
