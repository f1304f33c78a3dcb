import { Code, ConnectError } from "@connectrpc/connect";
import type { Call } from "./call.js";

/** Sends the messages of a request. If one cannot be had or sent, the call fails by that. */
export async function sendAll<T>(
  call: Call,
  messages: Iterable<T> | AsyncIterable<T>,
  serialize: (message: T) => Uint8Array,
): Promise<void> {
  try {
    for await (const message of messages) {
      if (!(await call.send(serialize(message)))) {
        return;
      }
    }
    await call.closeSend();
  } catch (e) {
    call.cancel(ConnectError.from(e));
  }
}

/** Yields the messages of an answer. Who stops reading cancels the call. */
export async function* allMessages<T>(call: Call, parse: (data: Uint8Array) => T): AsyncGenerator<T, void, undefined> {
  try {
    for (;;) {
      const data = await call.next();
      if (data === undefined) {
        return;
      }
      yield parse(data);
    }
  } finally {
    call.cancel(new ConnectError("the rest of the answer is not wanted", Code.Canceled));
  }
}

/** Returns the one message that the answer must consist of. */
export async function onlyMessage(call: Call): Promise<Uint8Array> {
  const message = await call.next();
  if (message === undefined) {
    throw new ConnectError("the answer has no message", Code.Unimplemented);
  }
  if ((await call.next()) !== undefined) {
    throw new ConnectError("the answer has more than one message", Code.Unimplemented);
  }
  return message;
}
