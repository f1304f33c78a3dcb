import { fromJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { Call } from "./calls";
import { orders } from "./clients";
import { OrderEventSchema, type OrderEvent } from "./gen/demo/orders/v1/orders_pb";
import { Turns } from "./turns";

/** How an order is watched. */
export type By = "connect" | "sse";

// By HTTP/1.1, all there is without TLS, browsers have six connections to a server, and
// each stream takes one. Two stay free for other calls.
const turns = new Turns(4);

/** Tells what happens to an order until it is delivered or the signal is aborted. */
export async function watch(by: By, id: number, signal: AbortSignal, tell: (event: OrderEvent) => void): Promise<void> {
  await turns.take();
  try {
    if (!signal.aborted) {
      await (by === "sse" ? watchBySSE : watchByConnect)(id, signal, tell);
    }
  } finally {
    turns.give();
  }
}

async function watchByConnect(id: number, signal: AbortSignal, tell: (event: OrderEvent) => void): Promise<void> {
  for await (const event of orders.watchOrder({ id }, { signal })) {
    tell(event);
  }
}

/**
 * Watches without any library for calls: the method has a path of REST, and its stream is one of
 * server-sent events for who accepts them. Browsers open such a stream anew when it ends,
 * so the server says by an event that this was the end. What is told twice, because the
 * network was gone in between, does no harm.
 */
function watchBySSE(id: number, signal: AbortSignal, tell: (event: OrderEvent) => void): Promise<void> {
  const call = new Call("WatchOrder", "SSE");
  call.sent();
  return new Promise<void>((resolve, reject) => {
    const source = new EventSource(`v1/orders/${id}/events`);
    const end = (error?: ConnectError) => {
      source.close();
      call.ended(error?.code);
      if (error === undefined) {
        resolve();
      } else {
        reject(error);
      }
    };
    signal.addEventListener("abort", () => end(new ConnectError("no longer wanted", Code.Canceled)));
    source.addEventListener("message", ({ data }: MessageEvent<string>) => {
      const event = fromJsonString(OrderEventSchema, data, { ignoreUnknownFields: true });
      call.received();
      tell(event);
    });
    source.addEventListener("end", () => end());
    source.addEventListener("error", (event) => {
      if (event instanceof MessageEvent) {
        end(statusError(String(event.data))); // the server's
      } else if (source.readyState === EventSource.CLOSED) {
        // What the answer was is not told to scripts.
        end(new ConnectError(`order ${id} cannot be watched`, Code.Unknown));
      }
    });
  });
}

/** Returns the error that is a google.rpc.Status in JSON. */
function statusError(json: string): ConnectError {
  try {
    const { code, message } = JSON.parse(json) as { code?: number; message?: string };
    return new ConnectError(message ?? "", code ?? Code.Unknown);
  } catch {
    return new ConnectError("the stream failed", Code.Unknown);
  }
}
