import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { Orders, Speed } from "../../../examples/browser/src/gen/demo/orders/v1/orders_pb";
import { equal, failure } from "./check";
import type { Case } from "./connect";

const help = "How can I help? Ask me about an order, by its number.";

/** Returns the cases of client and bidirectional streams. */
export function streamCases(name: string, transport: Transport): Record<string, Case> {
  const orders = createClient(Orders, transport);

  return {
    async [`${name}: client streaming`]() {
      async function* kit() {
        for (const item of ["tent", "map", "cup"]) {
          yield { item, quantity: 1, speed: Speed.EXPRESS };
        }
      }
      const { imported, firstId, lastId } = await orders.importOrders(kit());
      equal([imported, lastId - firstId], [3, 2]);
      equal((await orders.getOrder({ id: firstId + 1 })).item, "map");
    },

    async [`${name}: a client stream of nothing`]() {
      equal((await orders.importOrders((async function* () {})())).imported, 0);
    },

    async [`${name}: a client stream that the server refuses`]() {
      async function* endless() {
        for (;;) {
          yield { item: "", quantity: 1 };
        }
      }
      const error = ConnectError.from(await failure(orders.importOrders(endless())));
      equal([error.code, error.rawMessage], [Code.InvalidArgument, "order 1 of the import: item is empty"]);
    },

    async [`${name}: bidirectional`]() {
      const { id } = await orders.createOrder({ item: "tent", quantity: 1 });
      let answered = () => {};
      async function* questions() {
        for (const text of ["Hello", `Where is order ${id}?`, "Where is order 999999999?"]) {
          const answer = new Promise<void>((resolve) => (answered = resolve));
          yield { text };
          await answer;
        }
      }
      const answers: string[] = [];
      for await (const { text } of orders.support(questions())) {
        answers.push(text);
        answered();
      }
      equal(answers, [
        help,
        `Order ${id} (1 × tent) is waiting to be packed.`,
        "I cannot find order 999999999.",
        "Good-bye!",
      ]);
    },

    async [`${name}: many messages and large ones`]() {
      const texts = Array.from({ length: 500 }, (_, i) => "ä".repeat(i % 100 === 0 ? 200_000 : i % 7));
      let answers = 0;
      for await (const { text } of orders.support((async function* () { for (const text of texts) { yield { text }; } })())) {
        equal(text, answers < texts.length ? help : "Good-bye!");
        answers++;
      }
      equal(answers, texts.length + 1);
    },

    async [`${name}: a deadline of a chat`]() {
      async function* silence() {
        await new Promise(() => {});
        yield { text: "" };
      }
      const call = async () => {
        for await (const { text } of orders.support(silence(), { timeoutMs: 200 })) {
          throw new Error(`there was an answer: ${text}`);
        }
      };
      equal(ConnectError.from(await failure(call())).code, Code.DeadlineExceeded);
    },

    async [`${name}: a chat that is left`]() {
      async function* hello() {
        yield { text: "Hello" };
        await new Promise(() => {});
      }
      for await (const { text } of orders.support(hello())) {
        equal(text, help);
        break;
      }
    },

    async [`${name}: a hundred chats at once`]() {
      const chat = async () => {
        const answers: string[] = [];
        for await (const { text } of orders.support((async function* () { yield { text: "Hello" }; })())) {
          answers.push(text);
        }
        equal(answers, [help, "Good-bye!"]);
      };
      await Promise.all(Array.from({ length: 100 }, chat));
    },
  };
}
