"""A server of TestService and PeerService, for Curlew's client to call.

server.py [CERTIFICATE KEY]: prints "listening on ADDRESS" and serves until it is
killed.
"""

import concurrent.futures
import sys
import threading

import grpc
from google.rpc import status_pb2
from grpc_status import rpc_status

import protos

CODES = {code.value[0]: code for code in grpc.StatusCode}

ECHO_HEADER = "x-grpc-test-echo-initial"
ECHO_TRAILER = "x-grpc-test-echo-trailing-bin"


class TestService:
    """grpc.testing.TestService. A Python server is not told whether a request was
    compressed, so expect_compressed is not looked at."""

    Empty = protos.message("grpc.testing.Empty")
    SimpleResponse = protos.message("grpc.testing.SimpleResponse")
    InputResponse = protos.message("grpc.testing.StreamingInputCallResponse")
    OutputResponse = protos.message("grpc.testing.StreamingOutputCallResponse")

    def _echo(self, context):
        sent = context.invocation_metadata()
        header = [(k, v) for k, v in sent if k == ECHO_HEADER]
        if header:
            context.send_initial_metadata(header)
        context.set_trailing_metadata([(k, v) for k, v in sent if k == ECHO_TRAILER])

    def _status(self, request, context):
        if request.response_status.code:
            context.abort(CODES[request.response_status.code], request.response_status.message)

    def EmptyCall(self, request, context):
        return self.Empty()

    def UnaryCall(self, request, context):
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        self._echo(context)
        self._status(request, context)
        response = self.SimpleResponse()
        response.payload.body = bytes(request.response_size)
        return response

    def StreamingInputCall(self, requests, context):
        total = sum(len(r.payload.body) for r in requests)
        return self.InputResponse(aggregated_payload_size=total)

    def _answer(self, request, context):
        self._status(request, context)
        for p in request.response_parameters:
            if p.interval_us:
                threading.Event().wait(p.interval_us / 1e6)
            if p.HasField("compressed") and not p.compressed.value:
                context.disable_next_message_compression()
            response = self.OutputResponse()
            response.payload.body = bytes(p.size)
            yield response

    def StreamingOutputCall(self, request, context):
        if any(p.compressed.value for p in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        self._echo(context)
        yield from self._answer(request, context)

    def FullDuplexCall(self, requests, context):
        self._echo(context)
        for r in requests:
            yield from self._answer(r, context)


class PeerService:
    """curlew.interop.v1.PeerService: see its .proto file."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = 0

    def Unary(self, request, context):
        with Call(self, context) as call:
            call.take(request)
            call.wait(request)
            call.fail(request)
            return call.response(request)

    def ClientStream(self, requests, context):
        with Call(self, context) as call:
            last = protos.Request()
            for last in requests:
                call.take(last)
                call.fail(last)
            call.wait(last)
            return call.response(last)

    def ServerStream(self, request, context):
        with Call(self, context) as call:
            call.take(request)
            yield from call.answer(request)

    def Bidi(self, requests, context):
        with Call(self, context) as call:
            for request in requests:
                call.take(request)
                yield from call.answer(request)

    def Running(self, request, context):
        with self.lock:
            return protos.RunningResponse(calls=self.running)


class Call:
    """A call under way, counted as long as its handler runs."""

    def __init__(self, service, context):
        self.service = service
        self.context = context
        self.over = threading.Event()
        if not context.add_callback(self.over.set):
            self.over.set()
        self.template = protos.Response(remaining_ms=-1)
        remaining = context.time_remaining()
        # Without a deadline the time is some hundred years, or None.
        if remaining is not None and remaining < 1e8:
            self.template.remaining_ms = int(remaining * 1000)
        self.trailer = []
        header = []
        for name, value in context.invocation_metadata():
            if name.startswith("x-"):
                header.append((name, value))
                self.trailer.append(("t" + name, value))
                raw = value if isinstance(value, bytes) else value.encode()
                self.template.metadata.add(name=name, value=raw)
        context.send_initial_metadata(header)
        context.set_trailing_metadata(self.trailer)

    def __enter__(self):
        with self.service.lock:
            self.service.running += 1
        return self

    def __exit__(self, *_):
        with self.service.lock:
            self.service.running -= 1

    def take(self, request):
        self.template.requests += 1
        self.template.request_bytes += len(request.payload)

    def wait(self, request):
        if request.delay_ms and self.over.wait(request.delay_ms / 1000):
            self.context.abort(grpc.StatusCode.CANCELLED, "the call is over")

    def fail(self, request):
        if not request.HasField("failure"):
            return
        f = request.failure
        status = rpc_status.to_status(status_pb2.Status(code=f.code, message=f.message, details=f.details))
        self.context.abort_with_status(Status(status, self.trailer))

    def response(self, request):
        response = protos.Response()
        response.CopyFrom(self.template)
        response.payload = protos.payload(request.response_size) if request.response_size > 0 else request.payload
        return response

    def answer(self, request):
        self.wait(request)
        for _ in range(request.responses):
            if self.over.is_set():
                return
            yield self.response(request)
        self.fail(request)


class Status(grpc.Status):
    """A status with the call's trailer beside what the status needs itself, which
    would replace it otherwise."""

    def __init__(self, status, trailer):
        self.code = status.code
        self.details = status.details
        self.trailing_metadata = tuple(trailer) + tuple(status.trailing_metadata)


def main():
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(200), options=protos.OPTIONS)
    server.add_generic_rpc_handlers((protos.handler(protos.TEST, TestService()), protos.handler(protos.PEER, PeerService())))
    if len(sys.argv) == 3:
        with open(sys.argv[1], "rb") as cert, open(sys.argv[2], "rb") as key:
            creds = grpc.ssl_server_credentials([(key.read(), cert.read())])
        port = server.add_secure_port("127.0.0.1:0", creds)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
