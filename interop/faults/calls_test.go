package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A kind makes one whole call and checks what comes back. size is that of each
// message's payload.
type kind struct {
	name string
	call func(ctx context.Context, c echov1.EchoServiceClient, id string, size int) error
}

var kinds = []kind{
	{"unary", unary},
	{"server stream", serverStream},
	{"client stream", clientStream},
	{"bidi", bidi},
}

const messages = 3 // of each direction that streams

// pattern is a payload that a shifted or mixed up message would not have.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

// A corruption is a response that is not the request's.
var errCorrupt = errors.New("the response is another than the request's")

func checkEcho(res *echov1.EchoResponse, id string, size int) error {
	if res.GetText() != id || !bytes.Equal(res.GetPayload(), pattern(size)) {
		return fmt.Errorf("%w: text %q, %d bytes, want %q, %d", errCorrupt, res.GetText(), len(res.GetPayload()), id, size)
	}
	return nil
}

func unary(ctx context.Context, c echov1.EchoServiceClient, id string, size int) error {
	res, err := c.Unary(ctx, &echov1.EchoRequest{Text: id, Payload: pattern(size)})
	if err != nil {
		return err
	}
	return checkEcho(res, id, size)
}

func serverStream(ctx context.Context, c echov1.EchoServiceClient, id string, size int) error {
	n := 0
	for res, err := range c.ServerStream(ctx, &echov1.EchoRequest{Text: id, Payload: pattern(size), Repeat: messages}) {
		if err != nil {
			return err
		}
		if err := checkEcho(res, id, size); err != nil {
			return err
		}
		n++
	}
	if n != messages {
		return fmt.Errorf("%w: %d messages, want %d", errCorrupt, n, messages)
	}
	return nil
}

func clientStream(ctx context.Context, c echov1.EchoServiceClient, id string, size int) error {
	res, err := c.With(curlew.SetHeader(idHeader, id)).ClientStream(ctx, func(yield func(*echov1.EchoRequest, error) bool) {
		for range messages {
			if !yield(&echov1.EchoRequest{Payload: pattern(size)}, nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	if want := fmt.Sprint(messages * size); res.GetText() != want || res.GetCount() != messages {
		return fmt.Errorf("%w: %d messages, %s bytes, want %d, %s", errCorrupt, res.GetCount(), res.GetText(), messages, want)
	}
	return nil
}

func bidi(ctx context.Context, c echov1.EchoServiceClient, id string, size int) error {
	b, err := c.With(curlew.SetHeader(idHeader, id)).Bidi(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	for range messages {
		// An error of Send's only says that the call is over: Recv tells why.
		if err := b.Send(&echov1.EchoRequest{Text: id, Payload: pattern(size), Repeat: 1}); err != nil && err != io.EOF {
			return err
		}
		res, err := b.Recv()
		if err != nil {
			return err
		}
		if err := checkEcho(res, id, size); err != nil {
			return err
		}
	}
	if err := b.CloseSend(); err != nil {
		return err
	}
	if _, err := b.Recv(); err != io.EOF {
		return fmt.Errorf("after the last message: %w", err)
	}
	return nil
}

// A tally collects how calls ended, by the ids of their requests.
type tally struct {
	mu       sync.Mutex
	outcomes map[string]error
}

func (t *tally) add(id string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.outcomes == nil {
		t.outcomes = map[string]error{}
	}
	t.outcomes[id] = err
}

func (t *tally) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.outcomes)
}

// failures returns how many calls failed, and fails the test for those whose code
// is none of the allowed.
func (t *tally) failures(tb testing.TB, allowed ...curlew.Code) (n int) {
	tb.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	shown := 0
	for id, err := range t.outcomes {
		if err == nil {
			continue
		}
		n++
		ok := false
		for _, code := range allowed {
			ok = ok || errors.Is(err, code)
		}
		if shown++; !ok && shown <= 5 {
			tb.Errorf("call %s: %v, allowed are %v", id, err, allowed)
		}
		if !ok && shown > 5 {
			tb.Fail()
		}
	}
	return n
}

// mixture makes calls of all kinds and several sizes at once, each of n callers so
// many of each.
func mixture(ctx context.Context, c echov1.EchoServiceClient, callers, rounds int, sizes []int) *tally {
	var t tally
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for round := range rounds {
				for _, size := range sizes {
					for _, k := range kinds {
						id := fmt.Sprintf("%s %d-%d-%d", k.name, caller, round, size)
						t.add(id, k.call(ctx, c, id, size))
					}
				}
			}
		})
	}
	wg.Wait()
	return &t
}

// await waits until ok is true, and fails the test when it takes too long.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// patience is how long a loaded machine may take for what takes a moment.
const patience = 30 * time.Second

// standing begins calls of each kind that never end by themselves, and returns when
// they are midway; ended gets their errors.
func standing(ctx context.Context, c echov1.EchoServiceClient) (ended <-chan error) {
	errs := make(chan error, 4*ofEachKind)
	midway(ctx, c, ofEachKind, func(err error) { errs <- err }).Wait()
	return errs
}

// expectAll receives the errors of n calls, which must have a code.
func expectAll(t *testing.T, ended <-chan error, n int, want curlew.Code) {
	t.Helper()
	for range n {
		select {
		case err := <-ended:
			if curlew.CodeOf(err) != want {
				t.Errorf("a call ends with %v, want %v", err, want)
			}
		case <-time.After(patience):
			t.Fatal("a call does not end")
		}
	}
}

// expectTimeouts has a call of each kind end at its deadline.
func expectTimeouts(t *testing.T, c echov1.EchoServiceClient) {
	t.Helper()
	short := c.With(curlew.Timeout(200 * time.Millisecond))
	for _, k := range kinds {
		if err := k.call(t.Context(), short, "late", 10); curlew.CodeOf(err) != curlew.DeadlineExceeded {
			t.Errorf("%s: %v", k.name, err)
		}
	}
}
