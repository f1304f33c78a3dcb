package demo

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew"
)

// A note is what a server saw: that a handler began or ended.
type note struct {
	at     time.Time
	who    string // the server
	method string
	peer   string

	ended bool
	left  time.Duration // until the deadline, 0 without one
	took  time.Duration // of a handler that ended
	err   error         // what it returned
	cut   error         // why its context had ended by then
}

// A witness gives the notes of servers to who asks for them.
type witness struct {
	notes chan note // while somebody listens
	on    atomic.Bool
	log   atomic.Pointer[func(note)]
}

func newWitness() *witness { return &witness{notes: make(chan note, 16)} }

// listen begins to collect notes; what it returns ends that and returns those of so
// many handlers, when they have ended or ctx has.
func (w *witness) listen(handlers int) func(ctx context.Context) []note {
	w.on.Store(true)
	return func(ctx context.Context) (all []note) {
		defer w.on.Store(false)
		for handlers > 0 {
			select {
			case n := <-w.notes:
				all = append(all, n)
				if n.ended {
					handlers--
				}
			case <-ctx.Done():
				return all
			}
		}
		return all
	}
}

// follow has f called for every note from now on.
func (w *witness) follow(f func(note)) { w.log.Store(&f) }

func (w *witness) add(n note) {
	if f := w.log.Load(); f != nil {
		(*f)(n)
	}
	if w.on.Load() {
		select {
		case w.notes <- n:
		default: // more calls than the scene's own, from elsewhere
		}
	}
}

// interceptor returns what a server called who tells the witness by.
func (w *witness) interceptor(who string) curlew.Interceptor {
	return func(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
		path := call.Method().Path
		n := note{at: time.Now(), who: who, method: path[strings.LastIndexByte(path, '/')+1:], peer: call.Peer().Addr.String()}
		if end, ok := ctx.Deadline(); ok {
			n.left = end.Sub(n.at)
		}
		w.add(n)
		begun := n.at
		n.err = next(ctx, call)
		n.at, n.ended, n.cut = time.Now(), true, ctx.Err()
		n.took = n.at.Sub(begun)
		w.add(n)
		return n.err
	}
}
