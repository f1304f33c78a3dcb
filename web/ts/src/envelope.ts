import { protocolError } from "./error.js";

/** An envelope of Connect's: every binary message is exactly one. */
export interface Envelope {
  /** Whether it is the last one of its direction. */
  end: boolean;
  data: Uint8Array<ArrayBuffer>;
}

const headLength = 5; // the flags, and the length in four octets
const flagEnd = 0b10;

/** The envelope by which the client ends its messages. */
export const halfClose = encodeEnvelope({ end: true, data: new TextEncoder().encode("{}") });

export function encodeEnvelope({ end, data }: { end: boolean; data: Uint8Array }): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(headLength + data.length);
  message[0] = end ? flagEnd : 0;
  new DataView(message.buffer).setUint32(1, data.length);
  message.set(data, headLength);
  return message;
}

/** Returns the envelope that a binary message is; the data is not copied. */
export function decodeEnvelope(message: ArrayBuffer): Envelope {
  if (message.byteLength < headLength) {
    throw protocolError(`a binary message of ${message.byteLength} bytes is no envelope`);
  }
  const head = new DataView(message, 0, headLength);
  const flags = head.getUint8(0);
  if ((flags & ~flagEnd) !== 0) {
    throw protocolError(`an envelope has the flags 0x${flags.toString(16).padStart(2, "0")}`);
  }
  const length = head.getUint32(1);
  if (length !== message.byteLength - headLength) {
    throw protocolError(`an envelope of ${length} bytes is in a message with ${message.byteLength - headLength}`);
  }
  return { end: (flags & flagEnd) !== 0, data: new Uint8Array(message, headLength) };
}
