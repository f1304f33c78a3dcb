"""The field's cases, as grpc/doc/interop-test-descriptions.md has them."""

import threading

import grpc

import protos
from check import code_of, equal, error

Empty = protos.message("grpc.testing.Empty")
SimpleRequest = protos.message("grpc.testing.SimpleRequest")
InputRequest = protos.message("grpc.testing.StreamingInputCallRequest")
OutputRequest = protos.message("grpc.testing.StreamingOutputCallRequest")

TIMEOUT = 30  # seconds


def stub(channel):
    return protos.Stub(channel, protos.TEST)


def large():
    request = SimpleRequest(response_size=314159)
    request.payload.body = bytes(271828)
    return request


def output(size, request_size=0, **parameters):
    request = OutputRequest()
    request.payload.body = bytes(request_size)
    request.response_parameters.add(size=size, **parameters)
    return request


def empty_unary(channel):
    equal(stub(channel).EmptyCall(Empty(), timeout=TIMEOUT), Empty())


def large_unary(channel):
    response = stub(channel).UnaryCall(large(), timeout=TIMEOUT)
    equal(len(response.payload.body), 314159)


def client_compressed_unary(channel):
    request = large()
    request.expect_compressed.value = True
    error(lambda: stub(channel).UnaryCall(request, timeout=TIMEOUT), grpc.StatusCode.INVALID_ARGUMENT)
    response = stub(channel).UnaryCall(request, timeout=TIMEOUT, compression=grpc.Compression.Gzip)
    equal(len(response.payload.body), 314159)
    request.expect_compressed.value = False
    response = stub(channel).UnaryCall(request, timeout=TIMEOUT)
    equal(len(response.payload.body), 314159)


def server_compressed_unary(channel):
    for compressed in True, False:
        request = large()
        request.response_compressed.value = compressed
        response = stub(channel).UnaryCall(request, timeout=TIMEOUT)
        equal(len(response.payload.body), 314159)


def client_streaming(channel):
    requests = []
    for size in 27182, 8, 1828, 45904:
        request = InputRequest()
        request.payload.body = bytes(size)
        requests.append(request)
    response = stub(channel).StreamingInputCall(iter(requests), timeout=TIMEOUT)
    equal(response.aggregated_payload_size, 74922)


def client_compressed_streaming(channel):
    request = InputRequest()
    request.payload.body = bytes(27182)
    request.expect_compressed.value = True
    error(lambda: stub(channel).StreamingInputCall(iter([request]), timeout=TIMEOUT), grpc.StatusCode.INVALID_ARGUMENT)
    response = stub(channel).StreamingInputCall(iter([request] * 2), timeout=TIMEOUT, compression=grpc.Compression.Gzip)
    equal(response.aggregated_payload_size, 2 * 27182)


def server_streaming(channel):
    sizes = [31415, 9, 2653, 58979]
    request = OutputRequest()
    for size in sizes:
        request.response_parameters.add(size=size)
    got = [len(r.payload.body) for r in stub(channel).StreamingOutputCall(request, timeout=TIMEOUT)]
    equal(got, sizes)


def server_compressed_streaming(channel):
    request = OutputRequest()
    for size, compressed in (31415, True), (92653, False):
        request.response_parameters.add(size=size).compressed.value = compressed
    got = [len(r.payload.body) for r in stub(channel).StreamingOutputCall(request, timeout=TIMEOUT)]
    equal(got, [31415, 92653])


class Pipe:
    """Requests as they are sent."""

    def __init__(self):
        self.items, self.closed, self.changed = [], False, threading.Condition()

    def send(self, item):
        with self.changed:
            self.items.append(item)
            self.changed.notify()

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self.changed:
            self.changed.wait_for(lambda: self.items or self.closed)
            if not self.items:
                raise StopIteration
            return self.items.pop(0)


def ping_pong(channel):
    pipe = Pipe()
    call = stub(channel).FullDuplexCall(pipe, timeout=TIMEOUT)
    for request, response in (27182, 31415), (8, 9), (1828, 2653), (45904, 58979):
        pipe.send(output(response, request))
        equal(len(next(call).payload.body), response)
    pipe.close()
    equal(list(call), [])


def empty_stream(channel):
    equal(list(stub(channel).FullDuplexCall(iter([]), timeout=TIMEOUT)), [])


def custom_metadata(channel):
    sent = (("x-grpc-test-echo-initial", "test_initial_metadata_value"), ("x-grpc-test-echo-trailing-bin", b"\x0a\x0b\x0a\x0b\x0a\x0b"))
    request = SimpleRequest(response_size=1)
    _, call = stub(channel).UnaryCall.with_call(request, metadata=sent, timeout=TIMEOUT)
    stream = stub(channel).FullDuplexCall(iter([output(1, 1)]), metadata=sent, timeout=TIMEOUT)
    equal(len(list(stream)), 1)
    for c in call, stream:
        equal([v for k, v in c.initial_metadata() if k == sent[0][0]], [sent[0][1]])
        equal([v for k, v in c.trailing_metadata() if k == sent[1][0]], [sent[1][1]])


def status_code_and_message(channel):
    message = "test status message"
    request = SimpleRequest()
    request.response_status.code, request.response_status.message = 2, message
    error(lambda: stub(channel).UnaryCall(request, timeout=TIMEOUT), grpc.StatusCode.UNKNOWN, message)
    request = OutputRequest()
    request.response_status.code, request.response_status.message = 2, message
    error(lambda: list(stub(channel).FullDuplexCall(iter([request]), timeout=TIMEOUT)), grpc.StatusCode.UNKNOWN, message)


def special_status_message(channel):
    message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
    request = SimpleRequest()
    request.response_status.code, request.response_status.message = 2, message
    error(lambda: stub(channel).UnaryCall(request, timeout=TIMEOUT), grpc.StatusCode.UNKNOWN, message)


def unimplemented_method(channel):
    error(lambda: stub(channel).UnimplementedCall(Empty(), timeout=TIMEOUT), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(channel):
    other = protos.Stub(channel, protos.UNIMPLEMENTED)
    error(lambda: other.UnimplementedCall(Empty(), timeout=TIMEOUT), grpc.StatusCode.UNIMPLEMENTED)


def cancel_after_begin(channel):
    pipe = Pipe()
    call = stub(channel).StreamingInputCall.future(pipe, timeout=TIMEOUT)
    call.cancel()
    pipe.close()
    equal(call.cancelled(), True)
    equal(call.code(), grpc.StatusCode.CANCELLED)


def cancel_after_first_response(channel):
    pipe = Pipe()
    call = stub(channel).FullDuplexCall(pipe, timeout=TIMEOUT)
    pipe.send(output(31415, 27182))
    equal(len(next(call).payload.body), 31415)
    call.cancel()
    equal(code_of(lambda: next(call)), grpc.StatusCode.CANCELLED)
    pipe.close()


def timeout_on_sleeping_server(channel):
    pipe = Pipe()
    call = stub(channel).FullDuplexCall(pipe, timeout=0.001)
    pipe.send(output(1, 27182, interval_us=1000000))
    equal(code_of(lambda: next(call)), grpc.StatusCode.DEADLINE_EXCEEDED)
    pipe.close()


def rpc_soak(channel):
    for _ in range(20):
        large_unary(channel)


def cases(connect):
    def channel_soak(_):
        for _ in range(20):
            with connect() as channel:
                large_unary(channel)

    return [
        empty_unary,
        large_unary,
        client_compressed_unary,
        server_compressed_unary,
        client_streaming,
        client_compressed_streaming,
        server_streaming,
        server_compressed_streaming,
        ping_pong,
        empty_stream,
        custom_metadata,
        status_code_and_message,
        special_status_message,
        unimplemented_method,
        unimplemented_service,
        cancel_after_begin,
        cancel_after_first_response,
        timeout_on_sleeping_server,
        rpc_soak,
        channel_soak,
    ]
