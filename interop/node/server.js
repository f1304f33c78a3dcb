// A server of TestService and PeerService, for Curlew's client to call.
//
// server.js [CERTIFICATE KEY]: prints "listening on ADDRESS" and serves until it is
// killed. grpc-js servers neither compress nor tell whether a request was
// compressed.
'use strict';

const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const { write } = require('./check');
const protos = require('./protos');

// pump writes messages as fast as the client takes them. It stops when the call is
// cancelled.
async function pump(call, messages) {
  for await (const m of messages) {
    if (call.cancelled || call.destroyed) return;
    await write(call, m, 'cancelled');
  }
}

// requests iterates over the requests of a call. An ordinary loop would destroy the
// call when it ends, before it is answered.
const requests = (call) => call.iterator({ destroyOnReturn: false });

// stream runs the body of a call with many responses, and ends the call.
function stream(body) {
  return async (call) => {
    try {
      await body(call);
      call.end();
    } catch (err) {
      call.emit('error', err);
    }
  };
}

// single runs the body of a call with one response.
function single(body) {
  return async (call, done) => {
    try {
      const { response, trailer } = await body(call);
      done(null, response, trailer);
    } catch (err) {
      done(err);
    }
  };
}

// ---- grpc.testing.TestService ----

const echoHeader = 'x-grpc-test-echo-initial';
const echoTrailer = 'x-grpc-test-echo-trailing-bin';

function echo(call) {
  const header = new grpc.Metadata();
  const trailer = new grpc.Metadata();
  for (const v of call.metadata.get(echoHeader)) header.add(echoHeader, v);
  for (const v of call.metadata.get(echoTrailer)) trailer.add(echoTrailer, v);
  if (call.metadata.get(echoHeader).length > 0) call.sendMetadata(header);
  return trailer;
}

function checkStatus(request, trailer) {
  const s = request.response_status;
  if (s && s.code) throw { code: s.code, details: s.message, metadata: trailer };
}

const body = (n) => ({ type: 'COMPRESSABLE', body: Buffer.alloc(n) });

async function* outputs(request, trailer) {
  checkStatus(request, trailer);
  for (const p of request.response_parameters) {
    if (p.interval_us) await sleep(p.interval_us / 1000);
    yield { payload: body(p.size) };
  }
}

const testService = {
  EmptyCall: single(async (call) => ({ response: {}, trailer: echo(call) })),
  UnaryCall: single(async (call) => {
    const trailer = echo(call);
    checkStatus(call.request, trailer);
    return { response: { payload: body(call.request.response_size) }, trailer };
  }),
  StreamingInputCall: single(async (call) => {
    let sum = 0;
    for await (const r of requests(call)) sum += r.payload.body.length;
    return { response: { aggregated_payload_size: sum } };
  }),
  StreamingOutputCall: stream((call) => pump(call, outputs(call.request, echo(call)))),
  FullDuplexCall: stream(async (call) => {
    const trailer = echo(call);
    for await (const r of requests(call)) await pump(call, outputs(r, trailer));
    call.end(trailer);
  }),
};

// ---- curlew.interop.v1.PeerService ----

let running = 0;

// A Call is one call under way, counted as long as its handler runs.
class Call {
  constructor(call) {
    running++;
    this.call = call;
    this.over = new AbortController();
    call.on('cancelled', () => this.over.abort());
    const deadline = call.getDeadline();
    const at = deadline instanceof Date ? deadline.getTime() : deadline;
    this.template = { requests: 0, request_bytes: 0, metadata: [], remaining_ms: at === Infinity ? -1 : at - Date.now() };
    this.trailer = new grpc.Metadata();
    const header = new grpc.Metadata();
    for (const name of Object.keys(call.metadata.getMap()).filter((n) => n.startsWith('x-'))) {
      for (const value of call.metadata.get(name)) {
        header.add(name, value);
        this.trailer.add('t' + name, value);
        this.template.metadata.push({ name, value: Buffer.from(value) });
      }
    }
    call.sendMetadata(header);
  }

  take(request) {
    this.template.requests++;
    this.template.request_bytes += request.payload.length;
  }

  async wait(request) {
    if (!request.delay_ms) return;
    try {
      await sleep(request.delay_ms, undefined, { signal: this.over.signal });
    } catch {
      throw { code: grpc.status.CANCELLED, details: 'the call is over' };
    }
  }

  fail(request) {
    const f = request.failure;
    if (!f) return;
    if (f.details.length > 0) this.trailer.set('grpc-status-details-bin', protos.Failure.serialize(f));
    throw { code: f.code, details: f.message, metadata: this.trailer };
  }

  response(request) {
    return { ...this.template, payload: request.response_size > 0 ? protos.payload(request.response_size) : request.payload };
  }

  async *answers(request) {
    await this.wait(request);
    for (let i = 0; i < request.responses && !this.over.signal.aborted; i++) yield this.response(request);
  }
}

// counted runs the body of a handler with a Call.
function counted(body) {
  return async (call) => {
    const c = new Call(call);
    try {
      return await body(call, c);
    } finally {
      running--;
    }
  };
}

const peerService = {
  Unary: single(
    counted(async (call, c) => {
      c.take(call.request);
      await c.wait(call.request);
      c.fail(call.request);
      return { response: c.response(call.request), trailer: c.trailer };
    }),
  ),
  ClientStream: single(
    counted(async (call, c) => {
      let last = { payload: Buffer.alloc(0) };
      for await (last of requests(call)) {
        c.take(last);
        c.fail(last);
      }
      await c.wait(last);
      return { response: c.response(last), trailer: c.trailer };
    }),
  ),
  ServerStream: stream(
    counted(async (call, c) => {
      c.take(call.request);
      await pump(call, c.answers(call.request));
      c.fail(call.request);
      call.end(c.trailer);
    }),
  ),
  Bidi: stream(
    counted(async (call, c) => {
      for await (const request of requests(call)) {
        c.take(request);
        await pump(call, c.answers(request));
        c.fail(request);
      }
      call.end(c.trailer);
    }),
  ),
  Running: single(async () => ({ response: { calls: running } })),
};

const server = new grpc.Server(protos.options);
server.addService(protos.TestService.service, testService);
server.addService(protos.PeerService.service, peerService);
const [cert, key] = process.argv.slice(2);
const creds = cert
  ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: fs.readFileSync(cert), private_key: fs.readFileSync(key) }])
  : grpc.ServerCredentials.createInsecure();
server.bindAsync('127.0.0.1:0', creds, (err, port) => {
  if (err) throw err;
  console.log(`listening on 127.0.0.1:${port}`);
});
