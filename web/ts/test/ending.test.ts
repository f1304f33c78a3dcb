import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { serve, type ServerCall } from "./server.js";

/** Never answers, and sees that the client closes. */
async function silent(call: ServerCall): Promise<void> {
  await call.opening();
  await call.closed;
}

async function* never() {
  await new Promise(() => {});
  yield {};
}

const isCode = (code: Code) => (e: unknown) => e instanceof ConnectError && e.code === code;

test("cancelled", async (t) => {
  await t.test("before the call", () =>
    serve({}, () => assert.fail("it was opened"), async ({ client }) => {
      await assert.rejects(client.unary({}, { signal: AbortSignal.abort() }), isCode(Code.Canceled));
    }));
  await t.test("while it is opened", () =>
    serve({}, () => {}, async ({ client }) => {
      const controller = new AbortController();
      const call = client.unary({}, { signal: controller.signal });
      controller.abort();
      await assert.rejects(call, isCode(Code.Canceled));
    }));
  await t.test("before the header", async () => {
    const controller = new AbortController();
    await serve(
      {},
      async (call) => {
        await call.opening();
        controller.abort();
        await call.closed;
      },
      async ({ client, handled }) => {
        await assert.rejects(client.sum(never(), { signal: controller.signal }), isCode(Code.Canceled));
        await handled;
      },
    );
  });
  await t.test("between messages", () =>
    serve(
      {},
      async (call) => {
        await call.opening();
        call.header();
        call.send({ text: "a" });
        await call.closed;
      },
      async ({ client, handled }) => {
        const controller = new AbortController();
        await assert.rejects(async () => {
          for await (const _ of client.talk(never(), { signal: controller.signal })) {
            controller.abort();
          }
        }, isCode(Code.Canceled));
        await handled;
      },
    ));
  await t.test("with a reason", () =>
    serve({}, silent, async ({ client, handled }) => {
      const controller = new AbortController();
      const call = client.unary({}, { signal: controller.signal });
      setTimeout(() => controller.abort(new ConnectError("not now", Code.Aborted)), 20);
      await assert.rejects(call, isCode(Code.Aborted));
      await handled.catch(() => {}); // it may not have been opened
    }));
});

test("the loop is left", () =>
  serve(
    {},
    async (call) => {
      await call.opening();
      call.header();
      for (let number = 0; call.socket.readyState === call.socket.OPEN; number++) {
        call.send({ number });
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await call.closed;
    },
    async ({ client, handled }) => {
      for await (const { number } of client.count({})) {
        if (number === 2) {
          break;
        }
      }
      await handled;
    },
  ));

test("the deadline passes", async (t) => {
  await t.test("unary", () =>
    serve({}, silent, async ({ client }) => {
      await assert.rejects(client.unary({}, { timeoutMs: 30 }), isCode(Code.DeadlineExceeded));
    }));
  await t.test("stream", () =>
    serve(
      { defaultTimeoutMs: 200 },
      async (call) => {
        assert.deepEqual(await call.opening(), { timeoutMs: 200 });
        call.header();
        call.send({ text: "a" });
        await call.closed;
      },
      async ({ client, handled }) => {
        const texts: string[] = [];
        await assert.rejects(async () => {
          for await (const { text } of client.talk(never())) {
            texts.push(text);
          }
        }, isCode(Code.DeadlineExceeded));
        assert.deepEqual(texts, ["a"]);
        await handled;
      },
    ));
  await t.test("told by the server", () =>
    serve(
      {},
      async (call) => {
        await call.opening();
        call.header();
        call.end({ error: { code: "deadline_exceeded" } });
      },
      async ({ client, handled }) => {
        await assert.rejects(client.unary({}, { timeoutMs: 60_000 }), isCode(Code.DeadlineExceeded));
        await handled;
      },
    ));
});

test("an answer that is in time counts, whatever is aborted after it", () =>
  serve(
    {},
    async (call) => {
      await call.opening();
      await call.all();
      call.header();
      call.send({ text: "a" });
      call.end();
    },
    async ({ client, handled }) => {
      const controller = new AbortController();
      assert.equal((await client.unary({}, { signal: controller.signal })).text, "a");
      controller.abort();
      await handled;
    },
  ));
