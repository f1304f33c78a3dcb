/** The name of the sub-protocol, as clients offer it and servers choose it. */
export const subprotocol = "curlew.v1";

/**
 * What is used of a WebSocket: those of browsers, of Node.js from 22 on and of the
 * package ws have it.
 */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
}

/** A class of WebSockets: `new` opens one. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/**
 * Returns where to open the WebSocket of a method's call. The method's URL may be one
 * of http, https, ws or wss, or relative to the page.
 */
export function socketURL(methodURL: string, useBinaryFormat: boolean): string {
  const url = new URL(methodURL, globalThis.location?.href);
  if (url.protocol === "http:" || url.protocol === "https:") {
    url.protocol = url.protocol.replace("http", "ws");
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new TypeError(`no WebSocket can be opened at ${methodURL}`);
  }
  url.hash = "";
  url.searchParams.set("encoding", useBinaryFormat ? "proto" : "json");
  return url.href;
}
