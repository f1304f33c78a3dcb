import { Code, ConnectError } from "@connectrpc/connect";

/** What a message costs besides its bytes, so that empty ones are not free. */
const perMessage = 64;

/**
 * What has come of an answer and has not been read. It holds at most limit bytes:
 * browsers cannot be told to receive no more for a while.
 */
export class Inbox {
  #arrived: Uint8Array<ArrayBuffer>[] = [];
  #reading: Uint8Array<ArrayBuffer>[] = []; // those that arrived before, the first one last
  #bytes = 0;
  #outcome: ConnectError | "done" | undefined;
  #wake: (() => void) | undefined;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds a message, or throws if there is no room for it. */
  add(message: Uint8Array<ArrayBuffer>): void {
    // One that is awaited needs room too, or the limit of a message's size would
    // depend on how soon it is read.
    this.#bytes += message.length + perMessage;
    if (this.#bytes > this.#limit) {
      throw new ConnectError(
        `more than ${this.#limit} bytes of the answer wait to be read`,
        Code.ResourceExhausted,
      );
    }
    this.#arrived.push(message);
    this.#wake?.();
  }

  /** Sets what comes after the messages: an error, or their end. Only the first call counts. */
  end(outcome: ConnectError | "done"): void {
    this.#outcome ??= outcome;
    this.#wake?.();
  }

  /** Ends it without the messages that have not been read. */
  abort(reason: ConnectError): void {
    this.#arrived = [];
    this.#reading = [];
    this.#bytes = 0;
    this.#outcome = reason;
    this.#wake?.();
  }

  /**
   * Returns the next message, when there is one, or undefined at their end. Only one
   * caller at a time may wait.
   */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#arrived.length + this.#reading.length === 0 && this.#outcome === undefined) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#reading.length === 0) {
      this.#reading = this.#arrived.reverse();
      this.#arrived = [];
    }
    const message = this.#reading.pop();
    if (message !== undefined) {
      this.#bytes -= message.length + perMessage;
      return message;
    }
    if (this.#outcome instanceof ConnectError) {
      throw this.#outcome;
    }
    return undefined;
  }
}
