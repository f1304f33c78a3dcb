"""Calls Curlew's server: client.py ADDRESS [CA]. Tells case by case what fails;
the exit code is then 1."""

import sys
import time
import traceback

import grpc

import peer
import protos
import standard


def main():
    address = sys.argv[1]

    def connect():
        if len(sys.argv) == 2:
            return grpc.insecure_channel(address, protos.OPTIONS)
        with open(sys.argv[2], "rb") as ca:
            return grpc.secure_channel(address, grpc.ssl_channel_credentials(ca.read()), protos.OPTIONS)

    failed = False
    with connect() as channel:
        for case in standard.cases(connect) + peer.CASES:
            start = time.monotonic()
            try:
                case(channel)
            except Exception:  # a failed case must not keep the others from running
                failed = True
                print(f"FAIL {case.__name__}: {traceback.format_exc()}", flush=True)
                continue
            print(f"ok   {case.__name__} ({(time.monotonic() - start) * 1000:.0f}ms)", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
