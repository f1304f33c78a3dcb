import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { Orders, Speed, State } from "../../../examples/browser/src/gen/demo/orders/v1/orders_pb";
import { BadRequestSchema, ResourceInfoSchema } from "../../../examples/browser/src/gen/google/rpc/error_details_pb";
import { equal, failure } from "./check";

export type Case = () => Promise<void>;

export const delivered = [State.PLACED, State.PACKED, State.SHIPPED, State.DELIVERED];

/** Returns the cases of unary calls and server streams, which every transport has. */
export function connectCases(name: string, transport: Transport): Record<string, Case> {
  const orders = createClient(Orders, transport);

  return {
    async [`${name}: unary`]() {
      const placed = await orders.createOrder({ item: "tent ⛺", quantity: 2 });
      const { item, quantity } = await orders.getOrder({ id: placed.id });
      equal({ item, quantity }, { item: "tent ⛺", quantity: 2 });
    },

    async [`${name}: many at once`]() {
      const { id } = await orders.createOrder({ item: "map", quantity: 1, speed: Speed.EXPRESS });
      const all = await Promise.all(Array.from({ length: 50 }, () => orders.getOrder({ id })));
      equal(all.map((order) => order.id), Array(50).fill(id));
    },

    async [`${name}: server streaming`]() {
      const { id } = await orders.createOrder({ item: "cup", quantity: 1, speed: Speed.EXPRESS });
      const states: State[] = [];
      for await (const event of orders.watchOrder({ id })) {
        equal(event.orderId, id);
        states.push(event.state);
      }
      equal(states, delivered);
    },

    async [`${name}: an error with details`]() {
      const error = ConnectError.from(await failure(orders.getOrder({ id: 0 })));
      equal([error.code, error.rawMessage], [Code.NotFound, "no order 0"]);
      equal(error.findDetails(ResourceInfoSchema).map((info) => info.resourceName), ["0"]);
    },

    async [`${name}: what is wrong with a request`]() {
      const error = ConnectError.from(await failure(orders.createOrder({})));
      equal(error.code, Code.InvalidArgument);
      const fields = error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations.map(({ field }) => field));
      equal(fields, ["item", "quantity"]);
    },

    async [`${name}: an error of a stream`]() {
      const call = async () => {
        for await (const event of orders.watchOrder({ id: 999_999_999 })) {
          throw new Error(`there was an event: ${event.state}`);
        }
      };
      const error = ConnectError.from(await failure(call()));
      equal([error.code, error.rawMessage], [Code.NotFound, "no order 999999999"]);
      equal(error.findDetails(ResourceInfoSchema).length, 1);
    },

    async [`${name}: a deadline`]() {
      const { id } = await orders.createOrder({ item: "rope", quantity: 1 });
      const states: State[] = [];
      const call = async () => {
        for await (const event of orders.watchOrder({ id }, { timeoutMs: 1000 })) {
          states.push(event.state);
        }
      };
      equal(ConnectError.from(await failure(call())).code, Code.DeadlineExceeded);
      equal(states, [State.PLACED]);
    },

    async [`${name}: cancelled`]() {
      const { id } = await orders.createOrder({ item: "hat", quantity: 1 });
      const controller = new AbortController();
      const call = async () => {
        for await (const _ of orders.watchOrder({ id }, { signal: controller.signal })) {
          controller.abort();
        }
      };
      equal(ConnectError.from(await failure(call())).code, Code.Canceled);
    },

    async [`${name}: no such method`]() {
      const method = { ...Orders.method.getOrder, name: "None" };
      const error = ConnectError.from(await failure(transport.unary(method, undefined, undefined, undefined, {})));
      equal(error.code, Code.Unimplemented);
    },
  };
}
