import { Code, ConnectError } from "@connectrpc/connect";

/** What the server sent is not what the sub-protocol has it send. */
export function protocolError(what: string): ConnectError {
  return new ConnectError(`protocol error: ${what}`, Code.Internal);
}

/** A WebSocket was closed before the server had ended the call. */
export function closedEarly(code: number, reason: string): ConnectError {
  const why = reason === "" ? `status ${code}` : `status ${code}, ${reason}`;
  return new ConnectError(`the WebSocket was closed before the call had ended: ${why}`, codeOfClose(code));
}

function codeOfClose(status: number): Code {
  switch (status) {
    case 1002: // a protocol error
    case 1003: // a kind of data that is not accepted
    case 1007: // text that is not UTF-8
      return Code.Internal;
    case 1008: // a policy was violated
      return Code.PermissionDenied;
    case 1009: // a message was too large
      return Code.ResourceExhausted;
    default:
      return Code.Unavailable;
  }
}
