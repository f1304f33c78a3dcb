"""Checks of cases."""

import grpc


def equal(got, want):
    if got != want:
        raise AssertionError(f"{str(got)[:1000]!r}, want {str(want)[:1000]!r}")


def failure(f):
    """Returns the error that f raises."""
    try:
        result = f()
    except grpc.RpcError as e:
        return e
    raise AssertionError(f"no error but {str(result)[:1000]!r}")


def code_of(f):
    return failure(f).code()


def error(f, code, message=None):
    e = failure(f)
    if e.code() != code or (message is not None and e.details() != message):
        raise AssertionError(f"{e.code()} {e.details()!r}, want {code} {message!r}")
    return e
