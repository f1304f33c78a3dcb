import type { AddressInfo } from "node:net";
import { fromBinary, fromJsonString, toBinary, toJsonString, type MessageInitShape, create } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import { WebSocket, WebSocketServer, type RawData } from "ws";
import { createWebSocketTransport, type WebSocketTransportOptions } from "../src/index.js";
import { Echo, SaySchema, type Say } from "./gen/echo_pb.js";

/** A call as the server sees it. */
export class ServerCall {
  readonly url: URL;
  readonly messages: { data: Buffer; binary: boolean }[] = [];
  /** Resolves to the status with which the WebSocket was closed. */
  readonly closed: Promise<number>;
  readonly #binary: boolean;
  #wake: () => void = () => {};
  #closed = false;

  constructor(
    readonly socket: WebSocket,
    path: string,
  ) {
    this.url = new URL(path, "http://server");
    this.#binary = this.url.searchParams.get("encoding") === "proto";
    socket.on("message", (data: RawData, binary: boolean) => {
      this.messages.push({ data: data as Buffer, binary });
      this.#wake();
    });
    this.closed = new Promise((resolve) =>
      socket.on("close", (code) => {
        this.#closed = true;
        this.#wake();
        resolve(code);
      }),
    );
  }

  /** Returns the next message of the WebSocket; it throws if that is closed. */
  async raw(): Promise<{ data: Buffer; binary: boolean }> {
    while (this.messages.length === 0) {
      if (this.#closed) {
        throw new Error("closed by the client");
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.messages.shift()!;
  }

  /** Returns the client's first message. */
  async opening(): Promise<unknown> {
    const { data, binary } = await this.raw();
    if (binary) {
      throw new Error("the first message is binary");
    }
    return JSON.parse(data.toString());
  }

  /** Returns the next message of the request, or undefined at their end. */
  async next(): Promise<Say | undefined> {
    const { data, binary } = await this.raw();
    const length = data.readUInt32BE(1);
    if (!binary || length !== data.length - 5) {
      throw new Error(`no envelope: ${data.toString("hex")}`);
    }
    const content = data.subarray(5);
    switch (data[0]) {
      case 0:
        return this.#binary ? fromBinary(SaySchema, content) : fromJsonString(SaySchema, content.toString());
      case 2:
        if (content.toString() !== "{}") {
          throw new Error(`half-closed by ${content.toString()}`);
        }
        return undefined;
      default:
        throw new Error(`flags ${data[0]}`);
    }
  }

  /** Returns all messages of the request. */
  async all(): Promise<Say[]> {
    const all: Say[] = [];
    for (let say = await this.next(); say !== undefined; say = await this.next()) {
      all.push(say);
    }
    return all;
  }

  header(header: Record<string, string[]> = {}): void {
    this.socket.send(JSON.stringify({ header }));
  }

  send(init: MessageInitShape<typeof SaySchema>): void {
    const say = create(SaySchema, init);
    this.socket.send(envelope(0, this.#binary ? toBinary(SaySchema, say) : toJsonString(SaySchema, say)));
  }

  end(end: { error?: unknown; metadata?: Record<string, string[]> } = {}): void {
    this.socket.send(envelope(2, JSON.stringify(end)));
    this.socket.close(1000);
  }
}

export function envelope(flags: number, content: string | Uint8Array, length?: number): Buffer {
  const data = Buffer.from(content as string);
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(length ?? data.length, 1);
  return Buffer.concat([head, data]);
}

export interface Fixture {
  url: string;
  client: Client<typeof Echo>;
  /** What went wrong in the handler, once the call has ended there. */
  handled: Promise<void>;
}

/**
 * Starts a server that has handle answer its one call, has test call it, and stops it.
 * What handle throws fails the test.
 */
export async function serve(
  options: Partial<WebSocketTransportOptions>,
  handle: (call: ServerCall) => Promise<void> | void,
  test: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.on("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const handled = new Promise<void>((resolve, reject) => {
    server.on("connection", (socket, request) => {
      Promise.resolve(handle(new ServerCall(socket, request.url ?? ""))).then(resolve, reject);
    });
  });
  handled.catch(() => {}); // the test may never get to await it
  try {
    const transport = createWebSocketTransport({ baseUrl: url, webSocket: WebSocket, ...options });
    await test({ url, client: createClient(Echo, transport), handled });
  } finally {
    for (const socket of server.clients) {
      socket.terminate();
    }
    await new Promise((resolve) => server.close(resolve));
  }
}
