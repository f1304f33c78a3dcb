"""The services under test, from the descriptors that cmd/fixtures writes."""

import os

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.rpc import error_details_pb2  # noqa: F401  (registers the details)

MAX_MESSAGE = 32 << 20  # bytes, as peerservice.MaxMessage

OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_send_message_length", -1),
]

ANY = "google/protobuf/any.proto"


def _load(path):
    with open(path, "rb") as f:
        files = descriptor_pb2.FileDescriptorSet.FromString(f.read())
    pool = descriptor_pool.Default()
    for file in files.file:
        if file.name != ANY:
            pool.AddSerializedFile(file.SerializeToString())
    return pool


_pool = _load(os.environ["PROTOSET"])


def message(name):
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(name))


Request = message("curlew.interop.v1.Request")
Failure = message("curlew.interop.v1.Failure")
Response = message("curlew.interop.v1.Response")
RunningRequest = message("curlew.interop.v1.RunningRequest")
RunningResponse = message("curlew.interop.v1.RunningResponse")

PEER = "curlew.interop.v1.PeerService"
TEST = "grpc.testing.TestService"
UNIMPLEMENTED = "grpc.testing.UnimplementedService"


def _methods(service):
    """Yields the name, kind and message classes of a service's methods."""
    for m in _pool.FindServiceByName(service).methods:
        kind = ("stream" if m.client_streaming else "unary") + "_" + ("stream" if m.server_streaming else "unary")
        yield m.name, kind, message_factory.GetMessageClass(m.input_type), message_factory.GetMessageClass(m.output_type)


class Stub:
    """A client of a service: an attribute for each method."""

    def __init__(self, channel, service):
        for name, kind, req, res in _methods(service):
            call = getattr(channel, kind)(
                f"/{service}/{name}",
                request_serializer=req.SerializeToString,
                response_deserializer=res.FromString,
            )
            setattr(self, name, call)


def handler(service, impl):
    """Returns a handler of the service's methods that impl has."""
    handlers = {}
    for name, kind, req, res in _methods(service):
        f = getattr(impl, name, None)
        if f is not None:
            handlers[name] = getattr(grpc, kind + "_rpc_method_handler")(f, req.FromString, res.SerializeToString)
    return grpc.method_handlers_generic_handler(service, handlers)


def payload(n):
    """n bytes that a shifted or mixed up message would not have."""
    return (bytes(range(251)) * (n // 251 + 1))[:n]
