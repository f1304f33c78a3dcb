import { Code, ConnectError } from "@connectrpc/connect";
import { endStreamFromJson } from "@connectrpc/connect/protocol-connect";
import { decodeEnvelope, encodeEnvelope, halfClose } from "./envelope.js";
import { closedEarly, protocolError } from "./error.js";
import { openingMessage, parseHeader } from "./header.js";
import { Inbox } from "./inbox.js";
import { subprotocol, type WebSocketConstructor, type WebSocketLike } from "./socket.js";

/** How much may wait in the WebSocket to be sent before the next message does. */
const sendBuffer = 256 * 1024;

export interface CallOptions {
  webSocket: WebSocketConstructor;
  url: string;
  /** The header of the request. */
  header: Headers;
  /** Ends the call when it is aborted. */
  signal: AbortSignal;
  maxUnreadBytes: number;
}

/** One call, over a WebSocket of its own. */
export class Call {
  /** Filled when all messages have been read. */
  readonly trailer = new Headers();

  readonly #socket: WebSocketLike;
  readonly #inbox: Inbox;
  readonly #opened = newPromise<void>();
  readonly #header = newPromise<Headers>();
  #received: Headers | undefined; // the header, when it has come
  #over = false; // nothing is sent or received any more
  #unlisten = () => {};

  /** Opens the WebSocket and sends the header. It throws if there is no such URL. */
  constructor(options: CallOptions) {
    this.#inbox = new Inbox(options.maxUnreadBytes);
    this.#header.promise.catch(() => {}); // it may be that nobody waits for it
    this.#socket = new options.webSocket(options.url, [subprotocol]);
    this.#socket.binaryType = "arraybuffer";
    this.#listen(options.header);
    const onAbort = () => this.#abort(abortError(options.signal));
    options.signal.addEventListener("abort", onAbort);
    this.#unlisten = () => options.signal.removeEventListener("abort", onAbort);
    if (options.signal.aborted) {
      onAbort();
    }
  }

  /** Returns the header of the response. If the call failed before there was one, it throws. */
  header(): Promise<Headers> {
    return this.#header.promise;
  }

  /**
   * Sends a message when there is room for it. It returns false, now or while it
   * waits, if the call is over.
   */
  async send(data: Uint8Array): Promise<boolean> {
    if (await this.#writable()) {
      this.#socket.send(encodeEnvelope({ end: false, data }));
    }
    return !this.#over;
  }

  /** Says that there are no more messages to send. */
  async closeSend(): Promise<void> {
    if (await this.#writable()) {
      this.#socket.send(halfClose);
    }
  }

  /** Returns the next message of the response or, when it has ended well, undefined. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#inbox.next();
  }

  /** Gives the call up for a reason that lies with the caller. It may be over already. */
  cancel(reason: ConnectError): void {
    if (!this.#over) {
      this.#abort(reason);
    }
  }

  #listen(header: Headers): void {
    const socket = this.#socket;
    socket.addEventListener("open", () => {
      if (this.#over) {
        return;
      }
      if (socket.protocol !== subprotocol) {
        this.#fail(protocolError(`the server chose the sub-protocol ${JSON.stringify(socket.protocol)}`));
        return;
      }
      socket.send(openingMessage(header));
      this.#opened.resolve();
    });
    socket.addEventListener("message", ({ data }) => {
      if (this.#over) {
        return;
      }
      try {
        this.#receive(data);
      } catch (e) {
        this.#fail(ConnectError.from(e));
      }
    });
    // What went wrong is not told; the event of the closing, which follows, has the status.
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code, reason }) => this.#fail(closedEarly(code, reason)));
  }

  #receive(data: unknown): void {
    if (typeof data === "string") {
      if (this.#received !== undefined) {
        throw protocolError("there was a second text message");
      }
      this.#received = parseHeader(data);
      this.#header.resolve(this.#received);
      return;
    }
    if (!(data instanceof ArrayBuffer)) {
      throw protocolError("a message is neither text nor binary");
    }
    const envelope = decodeEnvelope(data);
    if (envelope.end) {
      this.#endStream(envelope.data);
      return;
    }
    if (this.#received === undefined) {
      throw protocolError("a message came before the header");
    }
    this.#inbox.add(envelope.data);
  }

  #endStream(data: Uint8Array): void {
    let end: ReturnType<typeof endStreamFromJson>;
    try {
      end = endStreamFromJson(data);
    } catch {
      throw protocolError("the end of the stream is not valid");
    }
    const header = this.#received ?? new Headers();
    if (end.error !== undefined) {
      const { metadata } = end.error;
      header.forEach((value, name) => metadata.append(name, value));
    } else {
      end.metadata.forEach((value, name) => this.trailer.append(name, value));
    }
    // A call may be refused without a header.
    this.#header.resolve(header);
    this.#inbox.end(end.error ?? "done");
    this.#finish();
  }

  /** The call failed by what came from the other side: what it sent before can still be read. */
  #fail(error: ConnectError): void {
    if (!this.#over) {
      this.#header.reject(error);
      this.#inbox.end(error);
      this.#finish();
    }
  }

  #abort(reason: ConnectError): void {
    this.#header.reject(reason);
    this.#inbox.abort(reason);
    this.#finish();
  }

  #finish(): void {
    if (!this.#over) {
      this.#over = true;
      this.#unlisten();
      this.#opened.resolve();
      this.#socket.close(1000);
    }
  }

  /** Waits until a message may be sent, or the call is over: then it returns false. */
  async #writable(): Promise<boolean> {
    await this.#opened.promise;
    // There is no event for when it has been sent.
    for (let ms = 1; !this.#over && this.#socket.bufferedAmount > sendBuffer; ms = Math.min(2 * ms, 32)) {
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    return !this.#over;
  }
}

function abortError(signal: AbortSignal): ConnectError {
  return ConnectError.from(signal.reason ?? "the call was aborted", Code.Canceled);
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

function newPromise<T>(): Deferred<T> {
  let resolve!: Deferred<T>["resolve"], reject!: Deferred<T>["reject"];
  const promise = new Promise<T>((res, rej) => ([resolve, reject] = [res, rej]));
  return { promise, resolve, reject };
}
