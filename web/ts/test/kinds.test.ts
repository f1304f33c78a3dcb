import assert from "node:assert/strict";
import { test } from "node:test";
import { createContextKey, type Interceptor, type Transport } from "@connectrpc/connect";
import { createWebSocketTransport } from "../src/index.js";
import { Echo } from "./gen/echo_pb.js";
import { serve } from "./server.js";

for (const useBinaryFormat of [false, true]) {
  const format = useBinaryFormat ? "proto" : "json";

  test(`unary, ${format}`, () =>
    serve(
      { useBinaryFormat },
      async (call) => {
        assert.equal(call.url.pathname, "/curlew.web.test.v1.Echo/Unary");
        assert.equal(call.url.search, `?encoding=${format}`);
        assert.equal(call.socket.protocol, "curlew.v1");
        assert.deepEqual(await call.opening(), {});
        const [request, ...more] = await call.all();
        assert.deepEqual(more, []);
        call.header();
        call.send({ text: `${request?.text}!`, number: 7 });
        call.end();
        assert.equal(await call.closed, 1000);
      },
      async ({ client, handled }) => {
        const { text, number } = await client.unary({ text: "hello" });
        assert.deepEqual({ text, number }, { text: "hello!", number: 7 });
        await handled;
      },
    ));

  test(`server streaming, ${format}`, () =>
    serve(
      { useBinaryFormat },
      async (call) => {
        await call.opening();
        const [request] = await call.all();
        call.header();
        for (let number = 1; number <= request!.number; number++) {
          call.send({ number });
        }
        call.end();
      },
      async ({ client, handled }) => {
        const got: number[] = [];
        for await (const { number } of client.count({ number: 3 })) {
          got.push(number);
        }
        assert.deepEqual(got, [1, 2, 3]);
        await handled;
      },
    ));

  test(`client streaming, ${format}`, () =>
    serve(
      { useBinaryFormat },
      async (call) => {
        await call.opening();
        const sum = (await call.all()).reduce((sum, say) => sum + say.number, 0);
        call.header();
        call.send({ number: sum });
        call.end();
      },
      async ({ client, handled }) => {
        async function* numbers() {
          for (const number of [1, 2, 0, 4]) {
            yield { number };
          }
        }
        assert.equal((await client.sum(numbers())).number, 7);
        await handled;
      },
    ));

  test(`bidirectional, one message at a time, ${format}`, () =>
    serve(
      { useBinaryFormat },
      async (call) => {
        await call.opening();
        call.header();
        for (let say = await call.next(); say !== undefined; say = await call.next()) {
          call.send({ text: `${say.text}?` });
        }
        call.send({ text: "good-bye" });
        call.end();
      },
      async ({ client, handled }) => {
        let answered: () => void = () => {};
        async function* talk() {
          for (const text of ["one", "two", "three"]) {
            const answer = new Promise<void>((resolve) => (answered = resolve));
            yield { text };
            await answer; // so that the next is only said after this is answered
          }
        }
        const got: string[] = [];
        for await (const { text } of client.talk(talk())) {
          got.push(text);
          answered();
        }
        assert.deepEqual(got, ["one?", "two?", "three?", "good-bye"]);
        await handled;
      },
    ));
}

test("the server ends first", () =>
  serve(
    {},
    async (call) => {
      await call.opening();
      await call.next();
      call.header();
      call.send({ text: "enough" });
      call.end();
      assert.equal(await call.closed, 1000);
    },
    async ({ client, handled }) => {
      let released = false;
      async function* endless() {
        try {
          for (;;) {
            yield { text: "and" };
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
        } finally {
          released = true;
        }
      }
      const got: string[] = [];
      for await (const { text } of client.talk(endless())) {
        got.push(text);
      }
      assert.deepEqual(got, ["enough"]);
      await handled;
      while (!released) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  ));

test("metadata and timeout", () =>
  serve(
    { defaultTimeoutMs: 60_000 },
    async (call) => {
      assert.deepEqual(await call.opening(), {
        header: { "x-request": ["a"], "x-data-bin": ["AAEC"] },
        timeoutMs: 60_000,
      });
      await call.all();
      call.header({ "x-response": ["b", "c"], "x-data-bin": ["AwQ"] });
      call.send({});
      call.end({ metadata: { "x-trailer": ["d"] } });
    },
    async ({ client, handled }) => {
      let header = new Headers(), trailer = new Headers();
      await client.unary({}, {
        headers: { "X-Request": "a", "x-data-bin": "AAEC" },
        onHeader: (h) => (header = h),
        onTrailer: (t) => (trailer = t),
      });
      assert.deepEqual([...header], [["x-data-bin", "AwQ"], ["x-response", "b, c"]]);
      assert.deepEqual([...trailer], [["x-trailer", "d"]]);
      await handled;
    },
  ));

test("the header before any message", () =>
  serve(
    {},
    async (call) => {
      await call.opening();
      call.header({ "x-early": ["yes"] });
      await call.all();
      call.end({ metadata: { "x-late": ["too"] } });
    },
    async ({ client, handled }) => {
      let early: (header: Headers) => void = () => {};
      const header = new Promise<Headers>((resolve) => (early = resolve));
      async function* waits() {
        assert.equal((await header).get("x-early"), "yes");
      }
      let trailer = new Headers();
      for await (const _ of client.talk(waits(), { onHeader: early, onTrailer: (t) => (trailer = t) })) {
        assert.fail("there was a message");
      }
      assert.equal(trailer.get("x-late"), "too");
      await handled;
    },
  ));

test("no timeout instead of the default", () =>
  serve(
    { defaultTimeoutMs: 1 },
    async (call) => {
      assert.deepEqual(await call.opening(), {});
      await call.all();
      call.header();
      call.send({ text: "late" });
      call.end();
    },
    async ({ client, handled }) => {
      assert.equal((await client.unary({}, { timeoutMs: 0 })).text, "late");
      await handled;
    },
  ));

test("interceptors", async () => {
  const key = createContextKey("none");
  const seen: unknown[] = [];
  const interceptor: Interceptor = (next) => async (req) => {
    seen.push([req.method.name, req.stream, new URL(req.url).pathname, req.contextValues.get(key)]);
    req.header.set("x-by", "interceptor");
    req.header.set("connect-timeout-ms", "5000");
    const res = await next(req);
    seen.push(res.header.get("x-a"));
    return res;
  };
  for (const method of ["unary", "talk"] as const) {
    await serve(
      { interceptors: [interceptor] },
      async (call) => {
        assert.deepEqual(await call.opening(), { header: { "x-by": ["interceptor"] }, timeoutMs: 5000 });
        await call.all();
        call.header({ "x-a": [method] });
        call.send({});
        call.end();
      },
      async ({ client, handled }) => {
        const { createContextValues } = await import("@connectrpc/connect");
        const contextValues = createContextValues().set(key, "value");
        if (method === "unary") {
          await client.unary({}, { contextValues });
        } else {
          for await (const _ of client.talk((async function* () {})(), { contextValues }));
        }
        await handled;
      },
    );
  }
  assert.deepEqual(seen, [
    ["Unary", false, "/curlew.web.test.v1.Echo/Unary", "value"],
    "unary",
    ["Talk", true, "/curlew.web.test.v1.Echo/Talk", "value"],
    "talk",
  ]);
});

test("another transport for what needs no WebSocket", async () => {
  const carried: string[] = [];
  const refuse = (method: { name: string }) => {
    carried.push(method.name);
    return Promise.reject(new Error("carried"));
  };
  const http: Transport = { unary: refuse, stream: refuse };
  const opened: string[] = [];
  const webSocket = class {
    constructor(url: string) {
      opened.push(new URL(url).pathname.replace(/.*\//, ""));
      throw new Error("opened");
    }
  } as unknown as typeof WebSocket;
  const transport = createWebSocketTransport({ baseUrl: "http://a.example", http, webSocket });
  const { unary, count, sum, talk } = Echo.method;
  const none = (async function* () {})();
  await assert.rejects(transport.unary(unary, undefined, undefined, undefined, {}), /carried/);
  await assert.rejects(transport.stream(count, undefined, undefined, undefined, none), /carried/);
  await assert.rejects(transport.stream(sum, undefined, undefined, undefined, none), /opened/);
  await assert.rejects(transport.stream(talk, undefined, undefined, undefined, none), /opened/);
  assert.deepEqual({ carried, opened }, { carried: ["Unary", "Count"], opened: ["Sum", "Talk"] });
});

test("no class of WebSockets", (t) => {
  const global = globalThis as { WebSocket?: unknown };
  const { WebSocket } = global;
  t.after(() => (global.WebSocket = WebSocket));
  delete global.WebSocket;
  assert.throws(() => createWebSocketTransport({ baseUrl: "http://a.example" }), /set the option webSocket/);
});
