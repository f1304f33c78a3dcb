package cases

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb/peerpbcurlew"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

// Peer returns the cases that the field's leave out, against a server of
// curlew.interop.v1.PeerService.
func Peer() []Case { return slices.Clone(peer) }

var peer = []Case{
	{"peer_unary", peerUnary},
	{"peer_client_stream", peerClientStream},
	{"peer_server_stream", peerServerStream},
	{"peer_bidi", peerBidi},
	{"peer_bidi_at_once", peerBidiAtOnce},
	{"peer_empty_streams", peerEmptyStreams},
	{"peer_metadata", peerMetadata},
	{"peer_metadata_of_streams", peerMetadataOfStreams},
	{"peer_metadata_of_errors", peerMetadataOfErrors},
	{"peer_codes", peerCodes},
	{"peer_messages", peerMessages},
	{"peer_details", peerDetails},
	{"peer_error_within_stream", peerErrorWithinStream},
	{"peer_error_before_the_requests_end", peerEarlyError},
	{"peer_deadline", peerDeadline},
	{"peer_deadline_is_told", peerDeadlineTold},
	{"peer_cancel_ends_handler", peerCancel},
	{"peer_leave_loop_ends_handler", peerLeaveLoop},
	{"peer_gzip", peerGzip},
	{"peer_large", peerLarge},
	{"peer_limit", peerLimit},
	{"peer_concurrent", peerConcurrent},
	{"peer_slow_reader", peerSlowReader},
}

func (e *Env) peer() peerpbcurlew.PeerServiceClient {
	return peerpbcurlew.NewPeerServiceClient(e.Client)
}

type bidiCall = curlew.BidiCall[*peerpb.Request, *peerpb.Response]

// checkResponse checks what a response says of the requests so far.
func checkResponse(what string, res *peerpb.Response, payload []byte, requests int32, size int64) error {
	if !bytes.Equal(res.Payload, payload) {
		return fmt.Errorf("%s: a payload of %d bytes, not the %d that it should be", what, len(res.Payload), len(payload))
	}
	if res.Requests != requests || res.RequestBytes != size {
		return fmt.Errorf("%s: %d requests of %d bytes were seen, want %d of %d", what, res.Requests, res.RequestBytes, requests, size)
	}
	return nil
}

func peerUnary(ctx context.Context, e *Env) error {
	for _, size := range []int{0, 1, 5, 16384, 16385, 65535, 65536, 1 << 20} {
		payload := peerservice.Payload(size)
		res, err := e.peer().Unary(ctx, &peerpb.Request{Payload: payload})
		if err != nil {
			return fmt.Errorf("%d bytes: %w", size, err)
		}
		if err := checkResponse("Unary", res, payload, 1, int64(size)); err != nil {
			return err
		}
	}
	return nil
}

// requests yields n requests with payloads of 0, 1, 2 ... thousand bytes.
func requests(n int) (reqs []*peerpb.Request, size int64) {
	for i := range n {
		reqs = append(reqs, &peerpb.Request{Payload: peerservice.Payload(i * 1000), Responses: 1})
		size += int64(i * 1000)
	}
	return reqs, size
}

func peerClientStream(ctx context.Context, e *Env) error {
	reqs, size := requests(100)
	res, err := e.peer().ClientStream(ctx, curlew.Values(reqs...))
	if err != nil {
		return err
	}
	return checkResponse("ClientStream", res, peerservice.Payload(99000), 100, size)
}

func peerServerStream(ctx context.Context, e *Env) error {
	return checkStream(e.peer().ServerStream(ctx, &peerpb.Request{ResponseSize: 10000, Responses: 300}), 300, 10000)
}

// checkStream checks that n responses of some size come, and the end.
func checkStream(responses iter.Seq2[*peerpb.Response, error], n, size int) error {
	payload := peerservice.Payload(size)
	got := 0
	for res, err := range responses {
		if err != nil {
			return fmt.Errorf("after %d responses: %w", got, err)
		}
		if err := checkResponse(fmt.Sprint("response ", got), res, payload, 1, 0); err != nil {
			return err
		}
		got++
	}
	if got != n {
		return fmt.Errorf("%d responses, want %d", got, n)
	}
	return nil
}

func peerBidi(ctx context.Context, e *Env) error {
	call, err := e.peer().Bidi(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	reqs, _ := requests(100)
	var size int64
	for i, req := range reqs {
		if err := call.Send(req); err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
		res, err := call.Recv()
		if err != nil {
			return fmt.Errorf("response %d: %w", i, err)
		}
		size += int64(len(req.Payload))
		if err := checkResponse(fmt.Sprint("response ", i), res, req.Payload, int32(i+1), size); err != nil {
			return err
		}
	}
	return finishPeer(call)
}

func finishPeer(call *bidiCall) error {
	if err := call.CloseSend(); err != nil {
		return err
	}
	if res, err := call.Recv(); err != io.EOF {
		return fmt.Errorf("at the end: response %v, error %v, want EOF", res, err)
	}
	return call.Close()
}

// peerBidiAtOnce sends and receives at the same time.
func peerBidiAtOnce(ctx context.Context, e *Env) error {
	call, err := e.peer().Bidi(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	reqs, _ := requests(200)
	var wg sync.WaitGroup
	var sent error
	wg.Go(func() {
		for _, req := range reqs {
			if sent = call.Send(req); sent != nil {
				return
			}
		}
		sent = call.CloseSend()
	})
	n := 0
	for res, err := range call.All() {
		if err != nil {
			return fmt.Errorf("response %d: %w", n, err)
		}
		if len(res.Payload) != n*1000 {
			return fmt.Errorf("response %d: %d bytes, want %d", n, len(res.Payload), n*1000)
		}
		n++
	}
	wg.Wait()
	if n != len(reqs) {
		return fmt.Errorf("%d responses, want %d", n, len(reqs))
	}
	return errors.Join(sent, call.Close())
}

func peerEmptyStreams(ctx context.Context, e *Env) error {
	res, err := e.peer().ClientStream(ctx, curlew.Values[*peerpb.Request]())
	if err != nil {
		return fmt.Errorf("ClientStream: %w", err)
	}
	if err := checkResponse("ClientStream", res, nil, 0, 0); err != nil {
		return err
	}
	if err := checkStream(e.peer().ServerStream(ctx, &peerpb.Request{}), 0, 0); err != nil {
		return fmt.Errorf("ServerStream: %w", err)
	}
	call, err := e.peer().Bidi(ctx)
	if err != nil {
		return fmt.Errorf("Bidi: %w", err)
	}
	return finishPeer(call)
}

// idle waits until the server has no call under way.
func idle(ctx context.Context, e *Env) error {
	var calls int32
	for range 500 {
		res, err := e.peer().Running(ctx, &peerpb.RunningRequest{})
		if err != nil {
			return err
		}
		if calls = res.Calls; calls == 0 {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("%d handlers are still running five seconds after the end of their calls", calls)
}
