import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { Call } from "../src/call.js";
import { Inbox } from "../src/inbox.js";
import { serve } from "./server.js";

const bytes = (n: number) => new Uint8Array(n);

/** A WebSocket whose other side takes nothing until it is told to. */
class Stuck extends EventTarget {
  static last: Stuck;
  binaryType = "";
  bufferedAmount = 0;
  protocol = "curlew.v1";
  sent = 0;
  closed = false;

  constructor() {
    super();
    Stuck.last = this;
  }

  send(data: string | Uint8Array) {
    this.sent++;
    this.bufferedAmount += data.length;
  }

  close() {
    this.closed = true;
  }
}

function open(signal = new AbortController().signal): { call: Call; socket: Stuck } {
  const call = new Call({
    webSocket: Stuck as never,
    url: "ws://a.example",
    header: new Headers(),
    signal,
    maxUnreadBytes: 1 << 20,
  });
  return { call, socket: Stuck.last };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 50));

test("sending waits until the WebSocket is open", async () => {
  const { call, socket } = open();
  const sent = call.send(bytes(1));
  await soon();
  assert.equal(socket.sent, 0);
  socket.dispatchEvent(new Event("open"));
  assert.equal(await sent, true);
  assert.equal(socket.sent, 2, "the header and the message");
});

test("sending waits while much has not been sent", async () => {
  const { call, socket } = open();
  socket.dispatchEvent(new Event("open"));
  assert.equal(await call.send(bytes(300_000)), true);
  let done = false;
  const sent = call.send(bytes(1)).then((ok) => ((done = true), ok));
  await soon();
  assert.equal(done, false);
  socket.bufferedAmount = 0;
  assert.equal(await sent, true);
});

test("sending ends with the call", async (t) => {
  for (const when of ["opening", "full"]) {
    await t.test(when, async () => {
      const controller = new AbortController();
      const { call, socket } = open(controller.signal);
      if (when === "full") {
        socket.dispatchEvent(new Event("open"));
        socket.bufferedAmount = 1 << 20;
      }
      const before = socket.sent;
      const sent = call.send(bytes(1));
      controller.abort();
      assert.equal(await sent, false);
      await call.closeSend();
      assert.equal(socket.sent, before);
      assert.ok(socket.closed);
      socket.dispatchEvent(new Event("open")); // too late
      assert.equal(socket.sent, before);
      await assert.rejects(call.header(), { code: Code.Canceled });
    });
  }
});

test("an inbox", async (t) => {
  await t.test("keeps the order", async () => {
    const inbox = new Inbox(1000);
    for (const n of [1, 2, 3]) {
      inbox.add(bytes(n));
    }
    assert.equal((await inbox.next())?.length, 1);
    inbox.add(bytes(4));
    inbox.end("done");
    for (const n of [2, 3, 4, undefined, undefined]) {
      assert.equal((await inbox.next())?.length, n);
    }
  });
  await t.test("wakes who waits", async () => {
    const inbox = new Inbox(1000);
    const next = inbox.next();
    inbox.add(bytes(5));
    assert.equal((await next)?.length, 5);
    const end = inbox.next();
    inbox.end(new ConnectError("broken", Code.DataLoss));
    inbox.end("done");
    await assert.rejects(end, { code: Code.DataLoss });
    await assert.rejects(inbox.next(), { code: Code.DataLoss });
  });
  await t.test("forgets what is given up", async () => {
    const inbox = new Inbox(1000);
    inbox.add(bytes(5));
    inbox.end("done");
    inbox.abort(new ConnectError("given up", Code.Canceled));
    await assert.rejects(inbox.next(), { code: Code.Canceled });
  });
  await t.test("has a limit, for empty messages too", async () => {
    const inbox = new Inbox(1000);
    assert.throws(() => inbox.add(bytes(937)), { code: Code.ResourceExhausted });
    const empty = new Inbox(1000);
    assert.throws(
      () => {
        for (;;) {
          empty.add(bytes(0));
        }
      },
      { code: Code.ResourceExhausted },
    );
    const read = new Inbox(1000);
    for (let i = 0; i < 100; i++) {
      read.add(bytes(900));
      await read.next();
    }
  });
});

test("a reader that is too slow", () =>
  serve(
    { maxUnreadBytes: 10_000 },
    async (call) => {
      await call.opening();
      call.header();
      const text = "x".repeat(1000);
      while (call.socket.readyState === call.socket.OPEN) {
        call.send({ text });
        await new Promise((resolve) => setImmediate(resolve));
      }
      await call.closed;
    },
    async ({ client, handled }) => {
      let got = 0;
      await assert.rejects(async () => {
        for await (const { text } of client.count({})) {
          got += text.length;
          await handled;
        }
      }, { code: Code.ResourceExhausted });
      assert.ok(got <= 10_000, `${got} bytes were kept`);
    },
  ));
