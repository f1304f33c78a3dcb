// The field's cases, as grpc/doc/interop-test-descriptions.md has them.
'use strict';

const assert = require('node:assert/strict');
const grpc = require('@grpc/grpc-js');
const protos = require('./protos');
const { Stream, fails, gather, inTime, unary } = require('./check');

const noCompress = 2; // a flag of single messages

const payload = (n) => ({ body: Buffer.alloc(n) });
const large = () => ({ response_size: 314159, payload: payload(271828) });
const output = (size, request = 0) => ({ payload: payload(request), response_parameters: [{ size }] });

// cases returns the cases. connect makes a client of a service, with options.
module.exports = (connect) => {
  const stub = connect(protos.TestService);
  const gzip = connect(protos.TestService, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });

  async function largeUnary(s, request = large()) {
    const { response } = await unary(s, 'UnaryCall', request);
    assert.equal(response.payload.body.length, 314159);
  }

  const inputs = (...requests) => (call) => {
    for (const [request, flags] of requests) call.write(request, flags);
    call.end();
  };

  return {
    async empty_unary() {
      assert.deepEqual((await unary(stub, 'EmptyCall', {})).response, {});
    },

    large_unary: () => largeUnary(stub),

    async client_compressed_unary() {
      await fails(unary(stub, 'UnaryCall', { ...large(), expect_compressed: { value: true } }), grpc.status.INVALID_ARGUMENT);
      await largeUnary(gzip, { ...large(), expect_compressed: { value: true } });
      await largeUnary(stub, { ...large(), expect_compressed: { value: false } });
    },

    async server_compressed_unary() {
      await largeUnary(stub, { ...large(), response_compressed: { value: true } });
      await largeUnary(stub, { ...large(), response_compressed: { value: false } });
    },

    async client_streaming() {
      const requests = [27182, 8, 1828, 45904].map((n) => [{ payload: payload(n) }]);
      const response = await gather(stub, 'StreamingInputCall', inputs(...requests));
      assert.equal(response.aggregated_payload_size, 74922);
    },

    async client_compressed_streaming() {
      const compressed = { payload: payload(27182), expect_compressed: { value: true } };
      const plain = { payload: payload(45904), expect_compressed: { value: false } };
      await fails(gather(stub, 'StreamingInputCall', inputs([compressed])), grpc.status.INVALID_ARGUMENT);
      const response = await gather(gzip, 'StreamingInputCall', inputs([compressed], [plain, noCompress]));
      assert.equal(response.aggregated_payload_size, 73086);
    },

    async server_streaming() {
      const sizes = [31415, 9, 2653, 58979];
      const call = new Stream(stub.StreamingOutputCall({ response_parameters: sizes.map((size) => ({ size })) }, inTime()));
      assert.deepEqual((await call.all()).map((r) => r.payload.body.length), sizes);
    },

    async server_compressed_streaming() {
      const response_parameters = [
        { size: 31415, compressed: { value: true } },
        { size: 92653, compressed: { value: false } },
      ];
      const call = new Stream(stub.StreamingOutputCall({ response_parameters }, inTime()));
      assert.deepEqual((await call.all()).map((r) => r.payload.body.length), [31415, 92653]);
    },

    async ping_pong() {
      const call = new Stream(stub.FullDuplexCall(inTime()));
      for (const [request, response] of [[27182, 31415], [8, 9], [1828, 2653], [45904, 58979]]) {
        call.call.write(output(response, request));
        assert.equal((await call.next()).payload.body.length, response);
      }
      call.call.end();
      assert.equal(await call.next(), undefined);
    },

    async empty_stream() {
      const call = new Stream(stub.FullDuplexCall(inTime()));
      call.call.end();
      assert.equal(await call.next(), undefined);
    },

    async custom_metadata() {
      const metadata = new grpc.Metadata();
      metadata.set('x-grpc-test-echo-initial', 'test_initial_metadata_value');
      metadata.set('x-grpc-test-echo-trailing-bin', Buffer.from('0a0b0a0b0a0b', 'hex'));
      const check = ({ header, trailer }) => {
        assert.deepEqual(header.get('x-grpc-test-echo-initial'), ['test_initial_metadata_value']);
        assert.deepEqual(trailer.get('x-grpc-test-echo-trailing-bin'), [Buffer.from('0a0b0a0b0a0b', 'hex')]);
      };
      check(await unary(stub, 'UnaryCall', { response_size: 1, payload: payload(1) }, { metadata }));
      const call = new Stream(stub.FullDuplexCall(metadata, inTime()));
      call.call.write(output(1, 1));
      assert.notEqual(await call.next(), undefined);
      call.call.end();
      assert.equal(await call.next(), undefined);
      check(call);
    },

    async status_code_and_message() {
      const response_status = { code: 2, message: 'test status message' };
      await fails(unary(stub, 'UnaryCall', { response_status }), grpc.status.UNKNOWN, 'test status message');
      const call = new Stream(stub.FullDuplexCall(inTime()));
      call.call.write({ response_status });
      call.call.end();
      await fails(call.all(), grpc.status.UNKNOWN, 'test status message');
    },

    async special_status_message() {
      const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
      await fails(unary(stub, 'UnaryCall', { response_status: { code: 2, message } }), grpc.status.UNKNOWN, message);
    },

    unimplemented_method: () => fails(unary(stub, 'UnimplementedCall', {}), grpc.status.UNIMPLEMENTED),

    unimplemented_service: () => fails(unary(connect(protos.UnimplementedService), 'UnimplementedCall', {}), grpc.status.UNIMPLEMENTED),

    cancel_after_begin: () => fails(gather(stub, 'StreamingInputCall', (call) => setImmediate(() => call.cancel())), grpc.status.CANCELLED),

    async cancel_after_first_response() {
      const call = new Stream(stub.FullDuplexCall(inTime()));
      call.call.write(output(31415, 27182));
      assert.equal((await call.next()).payload.body.length, 31415);
      call.call.cancel();
      await fails(call.next(), grpc.status.CANCELLED);
    },

    async timeout_on_sleeping_server() {
      const call = new Stream(stub.FullDuplexCall(inTime(1)));
      call.call.write({ payload: payload(27182), response_parameters: [{ size: 1, interval_us: 1000000 }] });
      await fails(call.all(), grpc.status.DEADLINE_EXCEEDED);
    },

    async rpc_soak() {
      for (let i = 0; i < 20; i++) await largeUnary(stub);
    },

    async channel_soak() {
      for (let i = 0; i < 20; i++) {
        // The pool would share one connection among channels with the same options.
        const s = connect(protos.TestService, { 'grpc.use_local_subchannel_pool': 1 });
        await largeUnary(s);
        s.close();
      }
    },
  };
};
