export { createWebSocketTransport } from "./transport.js";
export type { WebSocketTransportOptions } from "./transport.js";
export type { WebSocketConstructor, WebSocketLike } from "./socket.js";
