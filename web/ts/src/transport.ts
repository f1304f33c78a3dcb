import type {
  BinaryReadOptions,
  BinaryWriteOptions,
  DescMessage,
  DescMethod,
  DescMethodStreaming,
  DescMethodUnary,
  JsonReadOptions,
  JsonWriteOptions,
} from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import {
  createClientMethodSerializers,
  createMethodUrl,
  runStreamingCall,
  runUnaryCall,
} from "@connectrpc/connect/protocol";
import { requestHeader } from "@connectrpc/connect/protocol-connect";
import { Call } from "./call.js";
import { allMessages, onlyMessage, sendAll } from "./messages.js";
import { socketURL, type WebSocketConstructor } from "./socket.js";

/** The options of {@link createWebSocketTransport}. */
export interface WebSocketTransportOptions {
  /**
   * Where the server's methods are: `https://example.com`, for instance, or with a
   * path before theirs. http and https stand for ws and wss, and in a page it may be
   * relative.
   */
  baseUrl: string;

  /** Whether messages are sent as binary protobuf, instead of JSON. The default is false. */
  useBinaryFormat?: boolean;

  /** Run for every call that this transport carries; the last one is the innermost. */
  interceptors?: Interceptor[];

  /** The timeout, in milliseconds, of calls without one. By default they have none. */
  defaultTimeoutMs?: number;

  /** How messages are written and read as JSON. Unknown fields are ignored by default. */
  jsonOptions?: Partial<JsonReadOptions & JsonWriteOptions>;

  /** How messages are written and read as binary protobuf. */
  binaryOptions?: Partial<BinaryReadOptions & BinaryWriteOptions>;

  /**
   * What carries unary and server-streaming calls instead, such as a transport of
   * `@connectrpc/connect-web`: these need no WebSocket, and by HTTP many of them share a
   * connection. The options of this transport do not apply to them. By default they
   * go over WebSockets too.
   */
  http?: Transport;

  /** The class of WebSockets. The default is the global one. */
  webSocket?: WebSocketConstructor;

  /**
   * How many bytes of an answer may wait to be read. A call fails with the code
   * resource_exhausted when there are more, or when one message has more. The default
   * is 16 MiB.
   */
  maxUnreadBytes?: number;
}

const defaultMaxUnreadBytes = 16 << 20;

/**
 * Returns a transport that carries each call over a WebSocket of its own, so that
 * methods of all four kinds can be called from a browser. The server must speak the
 * sub-protocol curlew.v1. It throws if there is no class of WebSockets.
 */
export function createWebSocketTransport(options: WebSocketTransportOptions): Transport {
  const webSocket = options.webSocket ?? globalThis.WebSocket;
  if (webSocket === undefined) {
    throw new Error("there is no WebSocket here: set the option webSocket");
  }
  const carrier = new Carrier(options, webSocket);
  const { http } = options;
  return {
    async unary(method, signal, timeoutMs, header, input, contextValues) {
      if (http !== undefined) {
        return http.unary(method, signal, timeoutMs, header, input, contextValues);
      }
      const timeout = carrier.timeout(timeoutMs);
      return runUnaryCall<typeof method.input, typeof method.output>({
        interceptors: options.interceptors,
        signal,
        timeoutMs: timeout,
        req: {
          stream: false,
          method,
          message: input,
          contextValues: contextValues ?? createContextValues(),
          ...carrier.common(method, timeout, header),
        },
        next: (req) => carrier.unary(req),
      });
    },
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      if (http !== undefined && method.methodKind === "server_streaming") {
        return http.stream(method, signal, timeoutMs, header, input, contextValues);
      }
      const timeout = carrier.timeout(timeoutMs);
      return runStreamingCall<typeof method.input, typeof method.output>({
        interceptors: options.interceptors,
        signal,
        timeoutMs: timeout,
        req: {
          stream: true,
          method,
          message: input,
          contextValues: contextValues ?? createContextValues(),
          ...carrier.common(method, timeout, header),
        },
        next: (req) => carrier.stream(req),
      });
    },
  };
}

/** What is inside of the interceptors: it opens WebSockets and carries calls over them. */
class Carrier {
  readonly #options: WebSocketTransportOptions;
  readonly #webSocket: WebSocketConstructor;
  readonly #useBinaryFormat: boolean;

  constructor(options: WebSocketTransportOptions, webSocket: WebSocketConstructor) {
    this.#options = options;
    this.#webSocket = webSocket;
    this.#useBinaryFormat = options.useBinaryFormat ?? false;
  }

  /** As in other transports a timeout of zero is none, whatever the default is. */
  timeout(timeoutMs: number | undefined): number | undefined {
    const ms = timeoutMs ?? this.#options.defaultTimeoutMs;
    return ms !== undefined && ms > 0 ? ms : undefined;
  }

  /** Returns what requests of all kinds tell interceptors: the same as if it were Connect's by HTTP. */
  common(method: DescMethod, timeoutMs: number | undefined, header: HeadersInit | undefined) {
    return {
      service: method.parent,
      requestMethod: "POST",
      url: createMethodUrl(this.#options.baseUrl, method),
      header: requestHeader(method.methodKind, this.#useBinaryFormat, timeoutMs, header, false),
    };
  }

  async unary<I extends DescMessage, O extends DescMessage>(req: UnaryRequest<I, O>): Promise<UnaryResponse<I, O>> {
    const { serialize, parse } = this.#serializers(req.method);
    const call = this.#open(req);
    void sendAll(call, [req.message], serialize);
    try {
      return {
        stream: false,
        service: req.service,
        method: req.method,
        header: await call.header(),
        message: parse(await onlyMessage(call)),
        trailer: call.trailer,
      };
    } catch (e) {
      const error = ConnectError.from(e);
      call.cancel(error);
      throw error;
    }
  }

  async stream<I extends DescMessage, O extends DescMessage>(req: StreamRequest<I, O>): Promise<StreamResponse<I, O>> {
    const { serialize, parse } = this.#serializers(req.method);
    const call = this.#open(req);
    void sendAll(call, req.message, serialize);
    return {
      stream: true,
      service: req.service,
      method: req.method,
      header: await call.header(),
      message: allMessages(call, parse),
      trailer: call.trailer,
    };
  }

  #serializers<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O> | DescMethodStreaming<I, O>) {
    const { jsonOptions, binaryOptions } = this.#options;
    return createClientMethodSerializers(method, this.#useBinaryFormat, jsonOptions, binaryOptions);
  }

  #open({ url, header, signal }: { url: string; header: Headers; signal: AbortSignal }): Call {
    signal.throwIfAborted();
    try {
      return new Call({
        webSocket: this.#webSocket,
        url: socketURL(url, this.#useBinaryFormat),
        header,
        signal,
        maxUnreadBytes: this.#options.maxUnreadBytes ?? defaultMaxUnreadBytes,
      });
    } catch (e) {
      throw ConnectError.from(e, Code.Internal);
    }
  }
}
