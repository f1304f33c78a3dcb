// The cases that the field's leave out: see proto/curlew/interop/v1/peer.proto.
'use strict';

const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const protos = require('./protos');
const { Stream, failure, fails, gather, inTime, unary, write } = require('./check');

const long = 60000; // milliseconds
const { payload } = protos;

const fields = [
  ['x-one', 'value'],
  ['x-many', 'first'],
  ['x-many', 'second, with a comma'],
  ['x-many', 'third'],
  ['x-all-ascii', '!"#$%&\'()* +,-./:;<=>?@[\\]^_{|}~`'],
  ['x-under_score.and-dot', 'v'],
  ['x-one-bin', Buffer.from([0, 1, 254, 255])],
  ['x-many-bin', Buffer.from([0])],
  ['x-many-bin', Buffer.from([1, 2])],
  ['x-many-bin', Buffer.from([255, 254, 253])],
  ['x-every-bin', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ['x-long', '0123456789'.repeat(300)],
];

function metadata() {
  const m = new grpc.Metadata();
  for (const [name, value] of fields) m.add(name, value);
  return m;
}

// valuesOf returns the values of our names, as strings of one character a byte.
function valuesOf(entries) {
  const got = {};
  for (const [name, value] of entries) (got[name] ??= []).push(Buffer.from(value).toString('latin1'));
  return got;
}

// joined makes one value of repeated ones, as node's HTTP/2 does with what it gets.
function joined(values) {
  return Object.fromEntries(Object.entries(values).map(([name, v]) => [name, name.endsWith('-bin') ? v : [v.join(', ')]]));
}

const want = valuesOf(fields);

function checkMetadata(got, prefix = '') {
  const entries = [];
  for (const name of Object.keys(want)) for (const v of got.get(prefix + name)) entries.push([name, v]);
  assert.deepEqual(valuesOf(entries), joined(want));
}

const checkSeen = (response) => assert.deepEqual(valuesOf(response.metadata.map((m) => [m.name, m.value])), want);

function checkResponse(response, body, requests, size) {
  assert.ok(response.payload.equals(body), `${response.payload.length} bytes, not the ${body.length} that it should be`);
  assert.deepEqual([response.requests, response.request_bytes], [requests, size]);
}

const requests = (n) => Array.from({ length: n }, (_, i) => ({ payload: payload(i * 1000), responses: 1 }));
const sum = (n) => ((n * (n - 1)) / 2) * 1000; // bytes in requests(n)

const failing = (code, message, details = []) => ({ failure: { code, message, details } });

// cases returns the cases. connect makes a client of a service, with options.
module.exports = (connect) => {
  const stub = connect(protos.PeerService);

  const sendAll = (list) => async (call) => {
    for (const r of list) await write(call, r, 'close', 'status');
    call.end();
  };

  const served = (request, options = inTime(), m = new grpc.Metadata()) => new Stream(stub.ServerStream(request, m, options));
  const bidi = (options = inTime(), m = new grpc.Metadata()) => new Stream(stub.Bidi(m, options));

  // idle waits until the server has no call under way.
  async function idle() {
    let calls;
    for (let i = 0; i < 500; i++) {
      ({ calls } = (await unary(stub, 'Running', {})).response);
      if (calls === 0) return;
      await sleep(10);
    }
    assert.fail(`${calls} handlers are still running`);
  }

  async function sizes(s) {
    for (const size of [0, 1, 5, 16384, 16385, 65535, 65536, 1 << 20]) {
      const body = payload(size);
      checkResponse((await unary(s, 'Unary', { payload: body })).response, body, 1, size);
    }
  }

  function checkDetails(err, details) {
    assert.equal(err.code, grpc.status.INVALID_ARGUMENT, err);
    const [raw] = err.metadata.get('grpc-status-details-bin');
    const status = protos.Failure.deserialize(raw);
    assert.deepEqual(status, { code: grpc.status.INVALID_ARGUMENT, message: 'wrong: größe', details });
  }

  return {
    peer_unary: () => sizes(stub),

    async peer_client_stream() {
      const response = await gather(stub, 'ClientStream', sendAll(requests(100)));
      checkResponse(response, payload(99000), 100, sum(100));
    },

    async peer_server_stream() {
      const got = await served({ response_size: 10000, responses: 300 }).all();
      assert.equal(got.length, 300);
      for (const r of got) checkResponse(r, payload(10000), 1, 0);
    },

    async peer_bidi() {
      const call = bidi();
      let size = 0;
      for (const [i, request] of requests(100).entries()) {
        call.call.write(request);
        size += request.payload.length;
        checkResponse(await call.next(), request.payload, i + 1, size);
      }
      call.call.end();
      assert.equal(await call.next(), undefined);
    },

    async peer_bidi_at_once() {
      const call = bidi();
      const [got] = await Promise.all([call.all(), sendAll(requests(200))(call.call)]);
      assert.deepEqual(got.map((r) => r.payload.length), requests(200).map((r) => r.payload.length));
    },

    async peer_empty_streams() {
      checkResponse(await gather(stub, 'ClientStream', (call) => call.end()), Buffer.alloc(0), 0, 0);
      assert.deepEqual(await served({}).all(), []);
      const call = bidi();
      call.call.end();
      assert.deepEqual(await call.all(), []);
    },

    async peer_metadata() {
      for (let i = 0; i < 2; i++) {
        const { response, header, trailer } = await unary(stub, 'Unary', {}, { metadata: metadata() });
        checkSeen(response);
        checkMetadata(header);
        checkMetadata(trailer, 't');
      }
    },

    async peer_metadata_of_streams() {
      const calls = [served({ responses: 1 }, inTime(), metadata()), bidi(inTime(), metadata())];
      calls[1].call.write({ responses: 1 });
      calls[1].call.end();
      for (const call of calls) {
        for (const r of await call.all()) checkSeen(r);
        checkMetadata(call.header);
        checkMetadata(call.trailer, 't');
      }
    },

    async peer_metadata_of_errors() {
      const request = failing(grpc.status.ABORTED, 'm');
      let err = await fails(unary(stub, 'Unary', request, { metadata: metadata() }), grpc.status.ABORTED, 'm');
      checkMetadata(err.metadata, 't');
      err = await fails(served(request, inTime(), metadata()).all(), grpc.status.ABORTED, 'm');
      checkMetadata(err.metadata, 't');
    },

    async peer_codes() {
      for (let code = 1; code <= 16; code++) {
        await fails(unary(stub, 'Unary', failing(code, `message of ${code}`)), code, `message of ${code}`);
      }
    },

    async peer_messages() {
      for (const message of ['', '100% of it, %41, %', 'Größe ≥ 1 € 😈 日本語', '\ttab\nline\r\nend', '\x00\x01\x7f', ' spaces at both ends ', 'long '.repeat(500)]) {
        await fails(unary(stub, 'Unary', failing(grpc.status.DATA_LOSS, message)), grpc.status.DATA_LOSS, message);
      }
    },

    async peer_details() {
      // Their code is not at hand: 1.5 seconds, and a violation of a field.
      const retry = { type_url: 'type.googleapis.com/google.rpc.RetryInfo', value: Buffer.from('0a0808011080cab5ee01', 'hex') };
      const bad = { type_url: 'type.googleapis.com/google.rpc.BadRequest', value: Buffer.from('0a080a0161120378797a', 'hex') };
      const details = [bad, retry, bad];
      const request = failing(grpc.status.INVALID_ARGUMENT, 'wrong: größe', details);
      checkDetails(await failure(unary(stub, 'Unary', request)), details);
      checkDetails(await failure(served({ ...request, responses: 1 }).all()), details);
    },

    async peer_error_within_stream() {
      const call = served({ ...failing(grpc.status.OUT_OF_RANGE, 'that was all'), responses: 10, response_size: 100000 });
      for (let i = 0; i < 10; i++) assert.equal((await call.next()).payload.length, 100000);
      await fails(call.next(), grpc.status.OUT_OF_RANGE, 'that was all');
    },

    async peer_error_before_the_requests_end() {
      let sent = 0;
      let over = false;
      const result = gather(stub, 'ClientStream', async (call) => {
        await write(call, failing(grpc.status.RESOURCE_EXHAUSTED, 'no more'), 'close', 'status');
        while (sent < 10000 && !over) {
          sent++;
          await write(call, { payload: Buffer.alloc(10000) }, 'close', 'status');
        }
      }).finally(() => (over = true));
      await fails(result, grpc.status.RESOURCE_EXHAUSTED, 'no more');
      assert.ok(sent < 10000, "the server's answer did not stop the client");
      await idle();
    },

    async peer_deadline() {
      const late = { delay_ms: long };
      await fails(unary(stub, 'Unary', late, { options: inTime(100) }), grpc.status.DEADLINE_EXCEEDED);
      await fails(gather(stub, 'ClientStream', sendAll([late]), { options: inTime(100) }), grpc.status.DEADLINE_EXCEEDED);
      await fails(served(late, inTime(100)).all(), grpc.status.DEADLINE_EXCEEDED);
      await fails(bidi(inTime(100)).all(), grpc.status.DEADLINE_EXCEEDED);
      await idle();
    },

    async peer_deadline_is_told() {
      for (const seconds of [1, 90, 3 * 3600]) {
        const left = (await unary(stub, 'Unary', {}, { options: inTime(seconds * 1000) })).response.remaining_ms;
        assert.ok(left <= seconds * 1000 && left >= seconds * 1000 - 900, `the server has ${left} ms of ${seconds} s`);
      }
      assert.equal((await unary(stub, 'Unary', {}, { options: {} })).response.remaining_ms, -1);
    },

    async peer_cancel_ends_handler() {
      const started = (call) => setTimeout(() => call.cancel(), 100);
      await fails(unary(stub, 'Unary', { delay_ms: long }, { started }), grpc.status.CANCELLED);
      const call = bidi();
      call.call.write({ responses: 1 });
      await call.next();
      call.call.cancel();
      await fails(call.next(), grpc.status.CANCELLED);
      await idle();
    },

    async peer_gzip() {
      const gzip = connect(protos.PeerService, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
      await sizes(gzip);
      const response = await gather(gzip, 'ClientStream', sendAll(requests(50)));
      checkResponse(response, payload(49000), 50, sum(50));
      const got = await new Stream(gzip.ServerStream({ response_size: 100000, responses: 10 }, inTime())).all();
      assert.equal(got.length, 10);
      for (const r of got) checkResponse(r, payload(100000), 1, 0);
    },

    // Curlew's server has gzip and no deflate.
    async peer_unknown_compression() {
      const deflate = connect(protos.PeerService, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.deflate });
      await fails(unary(deflate, 'Unary', { payload: payload(1000) }), grpc.status.UNIMPLEMENTED);
    },

    async peer_large() {
      const body = payload(8 << 20);
      checkResponse((await unary(stub, 'Unary', { payload: body })).response, body, 1, body.length);
      const got = await served({ response_size: 6 << 20, responses: 5 }).all();
      assert.deepEqual(got.map((r) => r.payload.length), Array(5).fill(6 << 20));
    },

    async peer_limit() {
      await fails(unary(stub, 'Unary', { payload: Buffer.alloc(protos.maxMessage + 1) }), grpc.status.RESOURCE_EXHAUSTED);
      await unary(stub, 'Unary', {});
    },

    async peer_concurrent() {
      await Promise.all(
        Array.from({ length: 1000 }, async (_, i) => {
          if (i % 2) {
            const got = await served({ response_size: i, responses: 5 }).all();
            assert.deepEqual(got.map((r) => r.payload.length), Array(5).fill(i));
            return;
          }
          const body = payload(i);
          checkResponse((await unary(stub, 'Unary', { payload: body, delay_ms: 50 })).response, body, 1, i);
        }),
      );
    },

    async peer_slow_reader() {
      const slow = served({ response_size: 100000, responses: 100 });
      for (let i = 0; i < 100; i++) {
        if (i % 25 === 0) {
          await sleep(50);
          await sizes(stub);
        }
        checkResponse(await slow.next(), payload(100000), 1, 0);
      }
      assert.equal(await slow.next(), undefined);
    },
  };
};
