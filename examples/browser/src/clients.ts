import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { createWebSocketTransport } from "@curlew-rpc/connect-websocket";
import { recorded } from "./calls";
import { Orders } from "./gen/demo/orders/v1/orders_pb";

// The page is served by the server that it calls.
const baseUrl = location.origin;

const overHTTP = createConnectTransport({ baseUrl, useHttpGet: true, interceptors: [recorded("Connect")] });

/** Orders by the Connect protocol: unary calls and server streams. */
export const orders = createClient(Orders, overHTTP);

/** Orders with all four kinds of calls: those that HTTP cannot carry here go over WebSockets. */
export const streams = createClient(
  Orders,
  createWebSocketTransport({ baseUrl, http: overHTTP, interceptors: [recorded("WebSocket")] }),
);
