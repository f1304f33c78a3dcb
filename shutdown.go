package curlew

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// farewellTime is how long clients have to hear that their calls are cut.
const farewellTime = time.Second

// WithLameDuck is how long a server that is to shut down still serves as before,
// after its health has become NotServing and OnDeregister's functions have been
// called: load balancers need time to see that. The default is not at all. Under
// Kubernetes 5 seconds are a good choice, with a terminationGracePeriodSeconds that
// is longer than that and the time for calls to finish together.
func WithLameDuck(d time.Duration) ServerOption {
	return serverOption(func(c *serverConfig) error {
		if d < 0 {
			return fmt.Errorf("curlew: WithLameDuck(%v): the time is negative", d)
		}
		c.lameDuck = d
		return nil
	})
}

// A DrainReport says how a server has shut down.
type DrainReport struct {
	// Connections were open when their clients were told to go elsewhere.
	Connections int
	// Of the calls that were open then, or came in the same moment, so many
	// Finished, and so many were Canceled because time was up. So many more were
	// Refused: they came after that, nothing was done for them, and clients make
	// them elsewhere without anybody noticing.
	Finished, Canceled, Refused int
	// How long the server was deregistered for, served as a lame duck, and waited
	// for calls to finish.
	Deregistering, LameDuck, Waiting time.Duration
}

// A drain is the part of a shutdown that comes before the transport's.
type drain struct {
	lameDuck time.Duration
	ctx      context.Context // ends with Close
	cut      context.CancelFunc
	left     chan struct{} // closed when this part is over

	mu         sync.Mutex
	began      bool
	leaving    []func()
	deregister []func(context.Context) error
}

func (d *drain) init(lameDuck time.Duration) {
	d.lameDuck = lameDuck
	d.ctx, d.cut = context.WithCancel(context.Background())
	d.left = make(chan struct{})
}

// OnShutdown has f called when Shutdown or Drain begins, before anything else, so
// that calls which would go on for ever can be ended. Close does not call it.
func (s *Server) OnShutdown(f func()) {
	s.drain.mu.Lock()
	defer s.drain.mu.Unlock()
	s.drain.leaving = append(s.drain.leaving, f)
}

// OnDeregister has f called when Shutdown or Drain has called OnShutdown's
// functions, to take the server off the lists by which clients find it; it still
// serves then. Several are called at once. The server does not wait for them longer
// than half of the time that Drain's context leaves, which their context says. Their
// errors are among Drain's. Close does not call f.
func (s *Server) OnDeregister(f func(context.Context) error) {
	s.drain.mu.Lock()
	defer s.drain.mu.Unlock()
	s.drain.deregister = append(s.drain.deregister, f)
}

// Shutdown is [Server.Drain] without its report.
func (s *Server) Shutdown(ctx context.Context) error {
	_, err := s.Drain(ctx)
	return err
}

// Drain shuts the server down in such an order that no call is lost:
//
//  1. OnShutdown's functions are called; package health answers NotServing from
//     now on;
//  2. OnDeregister's functions are called;
//  3. the server goes on as before for the time of WithLameDuck;
//  4. clients are told to go elsewhere, and it stops to listen; what they send
//     before they can have heard is still served, what comes after that is left
//     to them;
//  5. it waits until the calls that are open have finished.
//
// When ctx ends first, Drain cancels the contexts of the handlers that are left,
// ends their calls with Unavailable, and returns ctx's error, a second later at the
// most. Then everything is closed. A second Drain waits together with the first.
func (s *Server) Drain(ctx context.Context) (DrainReport, error) {
	var r DrainReport
	hooks := s.leave(ctx, &r)
	r.Connections = s.transport.Conns()
	began := time.Now()
	late := s.transport.Drain(ctx)
	r.Waiting = time.Since(began)
	if late != nil {
		s.transport.Cut("the server is shutting down", farewellTime)
	}
	s.Close()
	t := s.transport.Tally()
	r.Finished, r.Canceled, r.Refused = t.Finished, t.Cut, t.Refused
	log := s.log.Info
	if late != nil {
		log = s.log.Warn
	}
	log("shut down", "connections", r.Connections, "finished", r.Finished, "canceled", r.Canceled, "refused", r.Refused,
		"deregistering", r.Deregistering, "lame duck", r.LameDuck, "waiting", r.Waiting)
	if hooks == nil {
		return r, late
	}
	return r, errors.Join(late, hooks)
}

// leave does what comes before clients are told, or waits until it is done.
func (s *Server) leave(ctx context.Context, r *DrainReport) error {
	d := &s.drain
	d.mu.Lock()
	first := !d.began
	d.began = true
	leaving, deregister := d.leaving, d.deregister
	d.mu.Unlock()
	if !first {
		select {
		case <-d.left:
		case <-d.ctx.Done():
		case <-ctx.Done():
		}
		return nil
	}
	defer close(d.left)
	s.log.Info("shutting down", "connections", s.transport.Conns())
	s.tellSystemd("STOPPING=1")
	for _, f := range leaving {
		f()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	began := time.Now()
	err := s.deregister(ctx, deregister)
	r.Deregistering = time.Since(began)
	if d.lameDuck > 0 {
		began = time.Now()
		timer := time.NewTimer(d.lameDuck)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		r.LameDuck = time.Since(began)
	}
	return err
}

// deregister calls all functions and waits for them, as long as there is time.
func (s *Server) deregister(ctx context.Context, all []func(context.Context) error) error {
	if len(all) == 0 {
		return nil
	}
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/2)
		defer cancel()
	}
	results := make(chan error, len(all))
	for _, f := range all {
		go func() {
			defer func() {
				if p := recover(); p != nil {
					results <- fmt.Errorf("curlew: deregistering: panic: %v", p)
				}
			}()
			results <- f(ctx)
		}()
	}
	var errs []error
	for range all {
		select {
		case err := <-results:
			if err != nil {
				s.log.Warn("the server could not be deregistered", "err", err)
				errs = append(errs, fmt.Errorf("curlew: deregistering: %w", err))
			}
		case <-ctx.Done():
			s.log.Warn("deregistering the server takes too long")
			return errors.Join(append(errs, fmt.Errorf("curlew: deregistering: %w", ctx.Err()))...)
		}
	}
	return errors.Join(errs...)
}
