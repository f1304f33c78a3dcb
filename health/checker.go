package health

import (
	"context"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health/internal/healthpb"
)

// A Checker knows the status of a server's services and tells it to clients. The
// service "" is the server as a whole; the others have their full names, such as
// "shop.v1.Orders". Its methods may be called concurrently.
type Checker struct {
	mu       sync.Mutex
	statuses map[string]Status
	watched  map[string]*watched // services that somebody watches
	down     chan struct{}       // closed by Shutdown
}

// watched is what the watchers of one service wait on.
type watched struct {
	watchers int
	changed  chan struct{} // closed and replaced when the status changes
}

// New returns a Checker for a server that is Serving as a whole, and knows no
// services by name.
func New() *Checker {
	return &Checker{
		statuses: map[string]Status{"": Serving},
		watched:  make(map[string]*watched),
		down:     make(chan struct{}),
	}
}

// Register has s answer for the statuses in c. When s begins to shut down, so
// does c: clients hear that they should go elsewhere, and their watches do not
// hold the shutdown up. A Checker may be registered with several servers that
// end together.
//
// Plain HTTP/2 requests are answered too, as [Checker.HTTP] says: GET /healthz for
// the server as a whole, GET /healthz?service=shop.v1.Orders for a service. Limits of
// the server (curlew.WithLimits) do not hold for either.
func (c *Checker) Register(s *curlew.Server, opts ...curlew.ServiceOption) {
	healthpb.RegisterHealth(s, service{c}, append([]curlew.ServiceOption{curlew.WithoutLimits()}, opts...)...)
	s.HandleText("/healthz", c.healthz)
	s.OnShutdown(c.Shutdown)
}

// Set sets the status of a service, and makes it known if it was not.
// ServiceUnknown removes it. After Shutdown it does nothing, so that what
// watches the service's parts need not be stopped first.
func (c *Checker) Set(service string, status Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isDownLocked() {
		c.setLocked(service, status)
	}
}

// SetAll sets the status of all services that are known, the server as a whole
// included. After Shutdown it does nothing.
func (c *Checker) SetAll(status Status) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isDownLocked() {
		c.setAllLocked(status)
	}
}

// Shutdown sets the status of all services to NotServing, for good. Calls of
// Watch are told so and then end with Unavailable, as new ones do at once: call
// it before the server's Shutdown, which would wait for them.
func (c *Checker) Shutdown() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isDownLocked() {
		c.setAllLocked(NotServing)
		close(c.down)
	}
}

func (c *Checker) isDownLocked() bool {
	select {
	case <-c.down:
		return true
	default:
		return false
	}
}

func (c *Checker) setAllLocked(status Status) {
	for service := range c.statuses {
		c.setLocked(service, status)
	}
}

func (c *Checker) setLocked(service string, status Status) {
	if c.statusLocked(service) == status {
		return
	}
	if status == ServiceUnknown {
		delete(c.statuses, service)
	} else {
		c.statuses[service] = status
	}
	if w := c.watched[service]; w != nil {
		close(w.changed)
		w.changed = make(chan struct{})
	}
}

func (c *Checker) statusLocked(service string) Status {
	if status, ok := c.statuses[service]; ok {
		return status
	}
	return ServiceUnknown
}

// watch calls tell with the status of a service, and again when it is another
// one, until ctx ends or tell fails or Shutdown is called. What changes while
// tell runs is told afterwards, the newest status only.
func (c *Checker) watch(ctx context.Context, service string, tell func(Status) error) error {
	w, err := c.join(service)
	if err != nil {
		return err
	}
	defer c.leave(service, w)
	told := Status(-1)
	for {
		now, changed, down := c.look(service, w)
		if now != told {
			if err := tell(now); err != nil {
				return err
			}
			told = now
		}
		if down {
			return errDown
		}
		select {
		case <-changed:
		case <-c.down:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Checker) join(service string) (*watched, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isDownLocked() {
		return nil, errDown
	}
	w := c.watched[service]
	if w == nil {
		w = &watched{changed: make(chan struct{})}
		c.watched[service] = w
	}
	w.watchers++
	return w, nil
}

func (c *Checker) leave(service string, w *watched) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.watchers--; w.watchers == 0 {
		delete(c.watched, service)
	}
}

// look returns the status of a service, what tells that it is another one, and
// whether the Checker has been shut down.
func (c *Checker) look(service string, w *watched) (now Status, changed <-chan struct{}, down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.statusLocked(service), w.changed, c.isDownLocked()
}

var errDown = curlew.Errorf(curlew.Unavailable, "the server is shutting down")

// File describes grpc/health/v1/health.proto. It is in no registry of package
// protoregistry, so that other packages can be linked that register it.
func File() protoreflect.FileDescriptor { return healthpb.File_grpc_health_v1_health_proto }
