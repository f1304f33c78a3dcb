// Makes calls of all kinds with the transport of web/ts, whose directory is the first
// argument, to the server at the URL that is the second. It fails if one goes wrong.
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const [dir, baseUrl] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${dir}/${path}`).href);
const { createWebSocketTransport } = await load("build/src/index.js");
const { Echo } = await load("build/test/gen/echo_pb.js");
const { createClient, Code, ConnectError } = await load("node_modules/@connectrpc/connect/dist/esm/index.js");
const { WebSocket } = await load("node_modules/ws/wrapper.mjs");

async function* says(...numbers) {
  for (const number of numbers) {
    yield { number };
  }
}

async function code(promise) {
  try {
    await promise;
  } catch (e) {
    return ConnectError.from(e).code;
  }
  return "no error";
}

for (const useBinaryFormat of [true, false]) {
  const client = createClient(Echo, createWebSocketTransport({ baseUrl, webSocket: WebSocket, useBinaryFormat }));

  let header, trailer;
  const long = "long".repeat(100_000);
  const said = await client.unary(
    { text: long, number: 7 },
    { headers: { "x-send": "v" }, onHeader: (h) => (header = h), onTrailer: (t) => (trailer = t) },
  );
  assert.equal(said.text, long);
  assert.equal(said.number, 7);
  assert.equal(header.get("x-send"), "v");
  assert.equal(trailer.get("tx-send"), "v");

  const counted = [];
  for await (const { number } of client.count({ number: 50 })) {
    counted.push(number);
  }
  assert.deepEqual(counted, [...Array(50).keys()]);

  assert.equal((await client.sum(says(1, 2, 4))).number, 7);

  const talked = [];
  for await (const { number } of client.talk(says(1, 2, 3))) {
    talked.push(number);
  }
  assert.deepEqual(talked, [1, 2, 3]);

  assert.equal(await code(client.unary({ text: "fail" })), Code.NotFound);
  assert.equal(await code(client.unary({ text: "hang" }, { timeoutMs: 50 })), Code.DeadlineExceeded);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  assert.equal(await code(client.unary({ text: "hang" }, { signal: abort.signal })), Code.Canceled);
  const lost = createClient(Echo, createWebSocketTransport({ baseUrl: `${baseUrl}/nowhere`, webSocket: WebSocket, useBinaryFormat }));
  assert.equal(await code(lost.unary({})), Code.Unimplemented);
}
