package curlewtest

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/curlew-rpc/curlew/resolve"
)

// A Resolver tells clients what a test says, for tests of what clients do as endpoints
// come and go. It is given to them by curlew.WithResolver, whatever their target is.
// The zero value is ready: clients wait for the first Push, Set or Fail. Its methods
// may be called concurrently.
type Resolver struct {
	mu      sync.Mutex
	handled sync.Cond // of mu: a watch has taken over what is known, or ended
	version int
	update  resolve.Update
	err     error
	changed chan struct{} // closed by the next change
	watches map[*watching]struct{}
	hints   int
}

// watching is one client's Watch. Its fields are guarded by the resolver's mutex.
type watching struct {
	version int   // the last that it took over
	refused error // what the client said to that
}

// Set names the endpoints: one for each address, "host:port". It returns what Push does.
func (r *Resolver) Set(addresses ...string) error {
	var u resolve.Update
	for _, a := range addresses {
		u.Endpoints = append(u.Endpoints, resolve.Endpoint{Addrs: []resolve.Addr{{Network: "tcp", Address: a}}})
	}
	return r.Push(u)
}

// Push hands an update to all clients, and to those that come later until there is
// another. It returns when those that are watching have taken it over, with the errors
// of those that have refused it.
func (r *Resolver) Push(u resolve.Update) error { return r.change(u, nil) }

// Fail has Watch fail until the next Push. What clients know stays; they ask again
// after a pause.
func (r *Resolver) Fail(err error) { _ = r.change(resolve.Update{}, err) }

// Hints returns how often clients have asked for a fresh look.
func (r *Resolver) Hints() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hints
}

// Watching returns how many clients are watching. One that is idle is not, nor one
// that pauses after Fail.
func (r *Resolver) Watching() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.watches)
}

func (r *Resolver) initLocked() {
	if r.watches == nil {
		r.watches = make(map[*watching]struct{})
		r.changed = make(chan struct{})
		r.handled.L = &r.mu
	}
}

func (r *Resolver) change(u resolve.Update, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.initLocked()
	r.version++
	version := r.version
	r.update, r.err = u, err
	close(r.changed)
	r.changed = make(chan struct{})
	var refused []error
	for w := range r.watches {
		for w.version < version {
			r.handled.Wait()
		}
		refused = append(refused, w.refused)
	}
	return errors.Join(refused...)
}

// Watch implements resolve.Resolver.
func (r *Resolver) Watch(ctx context.Context, _ resolve.Target, hint <-chan struct{}, push func(resolve.Update) error) error {
	w := r.begin()
	defer r.end(w)
	last := 0
	for ctx.Err() == nil {
		version, u, changed, err := r.current()
		if err != nil {
			return err
		}
		if version == last {
			r.wait(ctx, hint, changed)
			continue
		}
		last = version
		if err = push(u); ctx.Err() != nil {
			err = nil // of a client that has gone
		}
		r.took(w, version, err)
	}
	return nil
}

func (r *Resolver) begin() *watching {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.initLocked()
	w := new(watching)
	r.watches[w] = struct{}{}
	return w
}

func (r *Resolver) end(w *watching) {
	r.took(w, math.MaxInt, nil) // it is in nobody's way
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watches, w)
}

func (r *Resolver) took(w *watching, version int, refused error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w.version, w.refused = version, refused
	r.handled.Broadcast()
}

func (r *Resolver) current() (version int, u resolve.Update, changed <-chan struct{}, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.version, r.update, r.changed, r.err
}

// wait waits for something else to be known.
func (r *Resolver) wait(ctx context.Context, hint, changed <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			return
		case <-hint:
			r.mu.Lock()
			r.hints++
			r.mu.Unlock()
		}
	}
}
