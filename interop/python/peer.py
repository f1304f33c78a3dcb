"""The cases that the field's leave out: see internal/peerpb."""

import concurrent.futures
import time

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status

import protos
from check import code_of, equal, error, failure
from protos import Failure, Request, payload
from standard import Pipe

TIMEOUT = 30  # seconds
LONG = 60000  # milliseconds

METADATA = (
    ("x-one", "value"),
    ("x-many", "first"),
    ("x-many", "second, with a comma"),
    ("x-many", "third"),
    ("x-all-ascii", "!\"#$%&'()* +,-./:;<=>?@[\\]^_{|}~`"),
    ("x-under_score.and-dot", "v"),
    ("x-one-bin", b"\x00\x01\xfe\xff"),
    ("x-many-bin", b"\x00"),
    ("x-many-bin", b"\x01\x02"),
    ("x-many-bin", b"\xff\xfe\xfd"),
    ("x-every-bin", bytes(range(256))),
    ("x-long", "0123456789" * 300),
)


def stub(channel):
    return protos.Stub(channel, protos.PEER)


def idle(channel):
    """Waits until the server has no call under way."""
    for _ in range(500):
        calls = stub(channel).Running(protos.RunningRequest(), timeout=TIMEOUT).calls
        if calls == 0:
            return
        time.sleep(0.01)
    raise AssertionError(f"{calls} handlers are still running")


def check_response(response, body, requests, size):
    equal(len(response.payload), len(body))
    equal(response.payload, body)
    equal((response.requests, response.request_bytes), (requests, size))


def peer_unary(channel):
    for size in 0, 1, 5, 16384, 16385, 65535, 65536, 1 << 20:
        body = payload(size)
        check_response(stub(channel).Unary(Request(payload=body), timeout=TIMEOUT), body, 1, size)


def requests(n):
    return [Request(payload=payload(i * 1000), responses=1) for i in range(n)]


def peer_client_stream(channel):
    response = stub(channel).ClientStream(iter(requests(100)), timeout=TIMEOUT)
    check_response(response, payload(99000), 100, sum(range(100)) * 1000)


def peer_server_stream(channel):
    responses = list(stub(channel).ServerStream(Request(response_size=10000, responses=300), timeout=TIMEOUT))
    equal(len(responses), 300)
    for r in responses:
        check_response(r, payload(10000), 1, 0)


def peer_bidi(channel):
    pipe = Pipe()
    call = stub(channel).Bidi(pipe, timeout=TIMEOUT)
    size = 0
    for i, request in enumerate(requests(100)):
        pipe.send(request)
        size += len(request.payload)
        check_response(next(call), request.payload, i + 1, size)
    pipe.close()
    equal(list(call), [])


def peer_bidi_at_once(channel):
    responses = stub(channel).Bidi(iter(requests(200)), timeout=TIMEOUT)
    equal([len(r.payload) for r in responses], [i * 1000 for i in range(200)])


def peer_empty_streams(channel):
    check_response(stub(channel).ClientStream(iter([]), timeout=TIMEOUT), b"", 0, 0)
    equal(list(stub(channel).ServerStream(Request(), timeout=TIMEOUT)), [])
    equal(list(stub(channel).Bidi(iter([]), timeout=TIMEOUT)), [])


def values(metadata, prefix=""):
    """The values of our names, in order of the names."""
    got = {}
    for name, value in metadata:
        if name.startswith(prefix + "x-"):
            raw = value if isinstance(value, bytes) else value.encode()
            got.setdefault(name[len(prefix):], []).append(raw)
    return got


WANT = values(METADATA)


def check_metadata(call):
    equal(values(call.initial_metadata()), WANT)
    equal(values(call.trailing_metadata(), "t"), WANT)


def peer_metadata(channel):
    for _ in range(2):
        response, call = stub(channel).Unary.with_call(Request(), metadata=METADATA, timeout=TIMEOUT)
        check_metadata(call)
        equal(values((m.name, m.value) for m in response.metadata), WANT)


def peer_metadata_of_streams(channel):
    for call in (
        stub(channel).ServerStream(Request(responses=1), metadata=METADATA, timeout=TIMEOUT),
        stub(channel).Bidi(iter([Request(responses=1)]), metadata=METADATA, timeout=TIMEOUT),
    ):
        for response in call:
            equal(values((m.name, m.value) for m in response.metadata), WANT)
        check_metadata(call)


def fail(code, message, **fields):
    return Request(failure=Failure(code=code.value[0], message=message, **fields))


def peer_metadata_of_errors(channel):
    request = fail(grpc.StatusCode.ABORTED, "m")
    e = error(lambda: stub(channel).Unary(request, metadata=METADATA, timeout=TIMEOUT), grpc.StatusCode.ABORTED, "m")
    equal(values(e.trailing_metadata(), "t"), WANT)
    call = stub(channel).ServerStream(request, metadata=METADATA, timeout=TIMEOUT)
    e = error(lambda: list(call), grpc.StatusCode.ABORTED, "m")
    equal(values(e.trailing_metadata(), "t"), WANT)


def peer_codes(channel):
    for code in grpc.StatusCode:
        if code != grpc.StatusCode.OK:
            error(lambda: stub(channel).Unary(fail(code, f"message of {code.name}"), timeout=TIMEOUT), code, f"message of {code.name}")


def peer_messages(channel):
    for message in (
        "",
        "100% of it, %41, %zz, %",
        "Größe ≥ 1 € 😈 日本語",
        "\ttab\nline\r\nend",
        "\x00\x01\x7f",
        " spaces at both ends ",
        "long " * 500,
    ):
        error(lambda: stub(channel).Unary(fail(grpc.StatusCode.DATA_LOSS, message), timeout=TIMEOUT), grpc.StatusCode.DATA_LOSS, message)


def peer_details(channel):
    retry = error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=1, nanos=500000000))
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="größe", description="≥ 1")
    details = []
    for m in bad, retry, bad:
        details.append(any_pb2.Any())
        details[-1].Pack(m)
    request = fail(grpc.StatusCode.INVALID_ARGUMENT, "wrong: größe", details=details)
    check_details(failure(lambda: stub(channel).Unary(request, timeout=TIMEOUT)), details)
    request.responses = 1
    call = stub(channel).ServerStream(request, timeout=TIMEOUT)
    check_details(failure(lambda: list(call)), details)


def check_details(e, details):
    status = rpc_status.from_call(e)  # fails if it does not agree with code and message
    equal(status.code, grpc.StatusCode.INVALID_ARGUMENT.value[0])
    equal(status.message, "wrong: größe")
    equal(list(status.details), details)


def peer_error_within_stream(channel):
    request = fail(grpc.StatusCode.OUT_OF_RANGE, "that was all")
    request.responses, request.response_size = 10, 100000
    call = stub(channel).ServerStream(request, timeout=TIMEOUT)
    equal([len(next(call).payload) for _ in range(10)], [100000] * 10)
    error(lambda: next(call), grpc.StatusCode.OUT_OF_RANGE, "that was all")


def peer_error_before_the_requests_end(channel):
    sent = 0

    def many():
        nonlocal sent
        yield fail(grpc.StatusCode.RESOURCE_EXHAUSTED, "no more")
        while sent < 10000:
            sent += 1
            yield Request(payload=bytes(10000))

    error(lambda: stub(channel).ClientStream(many(), timeout=TIMEOUT), grpc.StatusCode.RESOURCE_EXHAUSTED, "no more")
    if sent == 10000:
        raise AssertionError("the server's answer did not stop the client")
    idle(channel)


def peer_deadline(channel):
    late = Request(delay_ms=LONG)
    equal(code_of(lambda: stub(channel).Unary(late, timeout=0.1)), grpc.StatusCode.DEADLINE_EXCEEDED)
    equal(code_of(lambda: stub(channel).ClientStream(iter([late]), timeout=0.1)), grpc.StatusCode.DEADLINE_EXCEEDED)
    equal(code_of(lambda: list(stub(channel).ServerStream(late, timeout=0.1))), grpc.StatusCode.DEADLINE_EXCEEDED)
    pipe = Pipe()
    equal(code_of(lambda: list(stub(channel).Bidi(pipe, timeout=0.1))), grpc.StatusCode.DEADLINE_EXCEEDED)
    pipe.close()
    idle(channel)


def peer_deadline_is_told(channel):
    for seconds in 1, 90, 3 * 3600:
        left = stub(channel).Unary(Request(), timeout=seconds).remaining_ms
        # The C core rounds long timeouts up to three digits.
        if not seconds * 1000 - 900 <= left <= seconds * 1010 + 100:
            raise AssertionError(f"the server has {left} ms of {seconds} s")
    equal(stub(channel).Unary(Request()).remaining_ms, -1)


def peer_cancel_ends_handler(channel):
    call = stub(channel).Unary.future(Request(delay_ms=LONG), timeout=TIMEOUT)
    time.sleep(0.1)
    call.cancel()
    equal(call.code(), grpc.StatusCode.CANCELLED)
    pipe = Pipe()
    call = stub(channel).Bidi(pipe, timeout=TIMEOUT)
    pipe.send(Request(responses=1))
    next(call)
    call.cancel()
    equal(code_of(lambda: next(call)), grpc.StatusCode.CANCELLED)
    pipe.close()
    idle(channel)


def peer_gzip(channel):
    for size in 0, 1, 100000:
        body = payload(size)
        response = stub(channel).Unary(Request(payload=body), timeout=TIMEOUT, compression=grpc.Compression.Gzip)
        check_response(response, body, 1, size)
    response = stub(channel).ClientStream(iter(requests(50)), timeout=TIMEOUT, compression=grpc.Compression.Gzip)
    check_response(response, payload(49000), 50, sum(range(50)) * 1000)
    request = Request(response_size=100000, responses=10)
    responses = list(stub(channel).ServerStream(request, timeout=TIMEOUT, compression=grpc.Compression.Gzip))
    equal(len(responses), 10)
    for r in responses:
        check_response(r, payload(100000), 1, 0)


def peer_unknown_compression(channel):
    """Curlew's server has gzip and no deflate."""
    call = lambda: stub(channel).Unary(Request(payload=payload(1000)), timeout=TIMEOUT, compression=grpc.Compression.Deflate)
    error(call, grpc.StatusCode.UNIMPLEMENTED)


def peer_large(channel):
    body = payload(8 << 20)
    check_response(stub(channel).Unary(Request(payload=body), timeout=TIMEOUT), body, 1, len(body))
    responses = stub(channel).ServerStream(Request(response_size=6 << 20, responses=5), timeout=TIMEOUT)
    equal([len(r.payload) for r in responses], [6 << 20] * 5)


def peer_limit(channel):
    over = Request(payload=bytes(protos.MAX_MESSAGE + 1))
    error(lambda: stub(channel).Unary(over, timeout=TIMEOUT), grpc.StatusCode.RESOURCE_EXHAUSTED)
    stub(channel).Unary(Request(), timeout=TIMEOUT)


def peer_concurrent(channel):
    unary, stream = [], []
    s = stub(channel)
    for i in range(500):
        unary.append((s.Unary.future(Request(payload=payload(i), delay_ms=50), timeout=TIMEOUT), i))
        stream.append((s.ServerStream(Request(response_size=i + 1, responses=5), timeout=TIMEOUT), i + 1))
    for call, size in unary:
        check_response(call.result(), payload(size), 1, size)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for sizes, size in pool.map(lambda c: ([len(r.payload) for r in c[0]], c[1]), stream):
            equal(sizes, [size] * 5)


def peer_slow_reader(channel):
    slow = stub(channel).ServerStream(Request(response_size=100000, responses=100), timeout=TIMEOUT)
    for i in range(100):
        if i % 25 == 0:
            time.sleep(0.05)
            peer_unary(channel)
        check_response(next(slow), payload(100000), 1, 0)
    equal(list(slow), [])


CASES = [f for name, f in globals().items() if name.startswith("peer_")]
