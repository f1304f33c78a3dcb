// Checks of cases, and calls as promises.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const grpc = require('@grpc/grpc-js');

const timeout = 30000; // milliseconds

const inTime = (ms = timeout) => ({ deadline: Date.now() + ms });

// unary calls a method with one request, and resolves to the response and the
// response's metadata.
function unary(stub, method, request, { metadata = new grpc.Metadata(), options = inTime(), started } = {}) {
  return new Promise((resolve, reject) => {
    let header, trailer;
    const call = stub[method](request, metadata, options, (err, response) => {
      // The status event, with the trailer, comes after this.
      if (err) reject(err);
      else setImmediate(() => resolve({ response, header, trailer }));
    });
    call.on('metadata', (m) => (header = m));
    call.on('status', (s) => (trailer = s.metadata));
    started?.(call);
  });
}

// gather calls a method with many requests and one response. send gets the call.
function gather(stub, method, send, { metadata = new grpc.Metadata(), options = inTime() } = {}) {
  return new Promise((resolve, reject) => {
    const call = stub[method](metadata, options, (err, response) => (err ? reject(err) : resolve(response)));
    Promise.resolve(send(call)).catch(reject);
  });
}

// A Stream is a call with many responses.
class Stream {
  constructor(call) {
    this.call = call;
    call.on('metadata', (m) => (this.header = m));
    call.on('status', (s) => (this.trailer = s.metadata));
    this.responses = call.iterator({ destroyOnReturn: false });
  }

  async next() {
    const { value, done } = await this.responses.next();
    return done ? undefined : value;
  }

  async all() {
    const got = [];
    for (let r; (r = await this.next()) !== undefined; ) got.push(r);
    return got;
  }
}

// write writes a message, and waits while the peer is slow, unless one of the
// events that end the call comes first.
async function write(call, message, ...ends) {
  if (call.write(message)) return;
  const heard = new AbortController();
  await Promise.any(['drain', ...ends].map((event) => once(call, event, heard)));
  heard.abort();
}

// failure returns the error that a promise is rejected with.
async function failure(promise) {
  try {
    await promise;
  } catch (err) {
    assert.ok(typeof err.code === 'number', err);
    return err;
  }
  assert.fail('there is no error');
}

async function fails(promise, code, message) {
  const err = await failure(promise);
  assert.equal(err.code, code, err);
  if (message !== undefined) assert.equal(err.details, message);
  return err;
}

module.exports = { Stream, failure, fails, gather, inTime, timeout, unary, write };
