import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { WebSocket } from "ws";
import { createWebSocketTransport } from "../src/index.js";
import { Echo, SaySchema } from "./gen/echo_pb.js";
import { envelope, serve, type Fixture, type ServerCall } from "./server.js";

/** Reads a stream to its end, and returns what came and by which error it ended. */
async function read(stream: AsyncIterable<{ text: string }>): Promise<{ texts: string[]; error?: ConnectError }> {
  const texts: string[] = [];
  try {
    for await (const { text } of stream) {
      texts.push(text);
    }
  } catch (e) {
    assert.ok(e instanceof ConnectError, String(e));
    return { texts, error: e };
  }
  return { texts };
}

/** Returns the error by which a call fails. */
async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (e) {
    assert.ok(e instanceof ConnectError, String(e));
    return e;
  }
  return assert.fail("the call did not fail");
}

const detail = Buffer.from(toBinary(SaySchema, create(SaySchema, { text: "why" }))).toString("base64").replace(/=/g, "");

test("an error with details, header and trailer", async (t) => {
  const answer = async (call: ServerCall) => {
    await call.opening();
    await call.all();
    call.header({ "x-header": ["a"] });
    call.end({
      error: { code: "not_found", message: "no such thing", details: [{ type: "curlew.web.test.v1.Say", value: detail }] },
      metadata: { "x-trailer": ["b"] },
    });
  };
  const check = (error: ConnectError | undefined) => {
    assert.equal(error?.code, Code.NotFound);
    assert.equal(error.rawMessage, "no such thing");
    assert.deepEqual(error.findDetails(SaySchema).map(({ text }) => text), ["why"]);
    assert.deepEqual([...error.metadata], [["x-header", "a"], ["x-trailer", "b"]]);
  };
  await t.test("unary", () =>
    serve({}, answer, async ({ client }) => check(await errorOf(client.unary({})))));
  await t.test("stream", () =>
    serve({}, answer, async ({ client }) => check((await read(client.count({}))).error)));
});

test("an error after messages", () =>
  serve(
    {},
    async (call) => {
      await call.opening();
      call.header();
      call.send({ text: "a" });
      call.send({ text: "b" });
      call.end({ error: { code: "aborted" } });
    },
    async ({ client }) => {
      const { texts, error } = await read(client.count({}));
      assert.deepEqual(texts, ["a", "b"]);
      assert.equal(error?.code, Code.Aborted);
    },
  ));

test("a refusal without a header", async (t) => {
  const answer = async (call: ServerCall) => {
    await call.opening();
    call.end({ error: { code: "unimplemented", message: "no such method" } });
  };
  await t.test("unary", () =>
    serve({}, answer, async ({ client }) => assert.equal((await errorOf(client.unary({}))).code, Code.Unimplemented)));
  await t.test("bidirectional", () =>
    serve({}, answer, async ({ client }) => {
      const { error } = await read(client.talk((async function* () {})()));
      assert.equal(error?.message, "[unimplemented] no such method");
    }));
});

test("wrong numbers of messages", async (t) => {
  const cases: [count: number, message: string][] = [
    [0, "no message"],
    [2, "more than one message"],
  ];
  for (const [count, message] of cases) {
    await t.test(`${count}`, () =>
      serve(
        {},
        async (call) => {
          await call.opening();
          await call.all();
          call.header();
          for (let i = 0; i < count; i++) {
            call.send({});
          }
          call.end();
        },
        async ({ client }) => {
          const error = await errorOf(client.unary({}));
          assert.equal(error.code, Code.Unimplemented);
          assert.match(error.message, new RegExp(message));
        },
      ));
  }
});

test("what the server must not send", async (t) => {
  const header = (call: ServerCall) => call.header();
  const cases: [name: string, code: Code, message: RegExp, send: (call: ServerCall) => void][] = [
    ["a message before the header", Code.Internal, /before the header/, (call) => call.send({})],
    ["text that is no header", Code.Internal, /not JSON/, (call) => call.socket.send("hello")],
    ["a second header", Code.Internal, /second text message/, (call) => (header(call), header(call))],
    ["text after a message", Code.Internal, /second text/, (call) => (header(call), call.send({}), call.socket.send("{}"))],
    ["no envelope", Code.Internal, /no envelope/, (call) => (header(call), call.socket.send(Buffer.from("abc")))],
    ["compression", Code.Internal, /flags 0x01/, (call) => (header(call), call.socket.send(envelope(1, "{}")))],
    ["a wrong length", Code.Internal, /an envelope of 3 bytes/, (call) => (header(call), call.socket.send(envelope(0, "{}", 3)))],
    ["an end that is not JSON", Code.Internal, /end of the stream/, (call) => (header(call), call.socket.send(envelope(2, "")))],
    ["an end that is no object", Code.Internal, /end of the stream/, (call) => (header(call), call.socket.send(envelope(2, "[]")))],
    ["a wrong trailer", Code.Internal, /end of the stream/, (call) => (header(call), call.socket.send(envelope(2, '{"metadata":{"a b":["c"]}}')))],
    ["an error without a code", Code.Unknown, /what/, (call) => (header(call), call.end({ error: { message: "what" } }))],
    ["an error with an unknown code", Code.Unknown, /what/, (call) => (header(call), call.end({ error: { code: "odd", message: "what" } }))],
    ["a message that is no JSON", Code.InvalidArgument, /JSON|json|Unexpected/, (call) => (header(call), call.socket.send(envelope(0, "x")), call.end())],
  ];
  for (const [name, code, message, send] of cases) {
    const answer = async (call: ServerCall) => {
      await call.opening();
      send(call);
      await call.closed;
    };
    await t.test(`${name}, unary`, () =>
      serve({}, answer, async ({ client, handled }) => {
        const error = await errorOf(client.unary({}));
        assert.equal(error.code, code);
        assert.match(error.message, message);
        await handled; // the client has closed the WebSocket
      }));
    await t.test(`${name}, stream`, () =>
      serve({}, answer, async ({ client, handled }) => {
        const { error } = await read(client.count({}));
        assert.equal(error?.code, code);
        assert.match(error.message, message);
        await handled;
      }));
  }
});

test("nothing counts after the end", () =>
  serve(
    {},
    async (call) => {
      await call.opening();
      call.header();
      call.send({ text: "a" });
      call.socket.send(envelope(2, "{}"));
      call.send({ text: "b" });
      call.socket.send("text");
      await call.closed;
    },
    async ({ client, handled }) => {
      assert.deepEqual(await read(client.count({})), { texts: ["a"] });
      await handled;
    },
  ));

test("closed without an end", async (t) => {
  const cases: [name: string, code: Code, close: (socket: WebSocket) => void][] = [
    ["normally", Code.Unavailable, (socket) => socket.close(1000)],
    ["going away", Code.Unavailable, (socket) => socket.close(1001, "restart")],
    ["cut", Code.Unavailable, (socket) => socket.terminate()],
    ["too large", Code.ResourceExhausted, (socket) => socket.close(1009)],
    ["protocol error", Code.Internal, (socket) => socket.close(1002)],
  ];
  for (const [name, code, close] of cases) {
    await t.test(`${name}, before the header`, () =>
      serve(
        {},
        async (call) => {
          await call.opening();
          close(call.socket);
        },
        async ({ client }) => {
          assert.equal((await errorOf(client.unary({}))).code, code);
        },
      ));
    await t.test(`${name}, after a message`, () =>
      serve(
        {},
        async (call) => {
          await call.opening();
          call.header();
          call.send({ text: "a" });
          close(call.socket);
        },
        async ({ client }) => {
          const { texts, error } = await read(client.count({}));
          assert.deepEqual(texts, ["a"]);
          assert.equal(error?.code, code);
        },
      ));
  }
});

test("no server", async () => {
  const transport = createWebSocketTransport({ baseUrl: "http://127.0.0.1:1", webSocket: WebSocket });
  const error = await errorOf(createClient(Echo, transport).unary({}));
  assert.equal(error.code, Code.Unavailable);
});

test("no URL", async () => {
  const transport = createWebSocketTransport({ baseUrl: "mailto:me", webSocket: WebSocket });
  const error = await errorOf(createClient(Echo, transport).unary({}));
  assert.equal(error.code, Code.Internal);
});

test("another sub-protocol", async () => {
  class Liar extends EventTarget {
    binaryType = "";
    bufferedAmount = 0;
    protocol = "curlew.v9";
    sent: unknown[] = [];
    constructor() {
      super();
      setTimeout(() => this.dispatchEvent(new Event("open")));
    }
    send(data: unknown) {
      assert.fail(`sent ${String(data)}`);
    }
    close() {}
  }
  const transport = createWebSocketTransport({ baseUrl: "http://a.example", webSocket: Liar as never });
  const error = await errorOf(createClient(Echo, transport).unary({}));
  assert.equal(error.code, Code.Internal);
  assert.match(error.message, /"curlew.v9"/);
});

test("a request that fails", () =>
  serve(
    {},
    async (call) => {
      await call.opening();
      await call.next();
      await call.closed;
      assert.equal(call.messages.length, 0, "it was half-closed");
    },
    async ({ client, handled }: Fixture) => {
      async function* fails() {
        yield { text: "a" };
        throw new ConnectError("no more", Code.DataLoss);
      }
      const error = await errorOf(client.sum(fails()));
      assert.equal(error.code, Code.DataLoss);
      await handled;
    },
  ));

test("a request that cannot be written", () =>
  serve(
    { useBinaryFormat: true },
    (call) => call.closed.then(() => {}),
    async ({ client }) => {
      const error = await errorOf(client.unary({ number: 1.5 }));
      assert.equal(error.code, Code.Internal);
    },
  ));
