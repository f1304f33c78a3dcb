package orca

import (
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/orca/internal/orcapb"
)

// A Reporter knows the load of a server and tells it to clients. What its Metrics say
// is of the server as a whole, whichever of its services uses it. Its methods may be
// called concurrently.
type Reporter struct {
	Metrics

	least    time.Duration // between reports without calls
	uncount  bool          // WithoutRates
	counting atomic.Bool   // there is an interceptor
	since    time.Time     // what seconds are counted from
	rates    rates
	cpu      *sampler // nil without WithProcessCPU

	current atomic.Pointer[report]
	making  sync.Mutex // held while current is replaced
}

// An Option changes a Reporter's default.
type Option func(*Reporter)

// WithMinInterval has clients that ask for reports without calls get them every d at
// most, however often they ask. The default is 30 seconds, as gRFC A51 wants it, which
// is also that of a d that is not positive. Less than a millisecond counts as one.
func WithMinInterval(d time.Duration) Option {
	return func(r *Reporter) {
		if d <= 0 {
			d = defaultInterval
		}
		r.least = max(d, time.Millisecond)
	}
}

const defaultInterval = 30 * time.Second

// WithProcessCPU reports the processor time that the process uses, as a part of what
// GOMAXPROCS allows it, where SetCPU has said nothing. It is measured when a report is
// to be made, from the last measurement on, and not more often than once a second. On
// systems that do not tell it, which are neither Unix nor Windows, nothing is reported.
func WithProcessCPU() Option {
	return func(r *Reporter) { r.cpu = newSampler(processTime) }
}

// WithoutRates leaves out calls and errors a second, unless SetQPS and SetEPS say them.
// Without it reports have what the Interceptor counts: the average of the last ten
// seconds.
func WithoutRates() Option {
	return func(r *Reporter) { r.uncount = true }
}

// NewReporter returns a Reporter that has nothing to report yet.
func NewReporter(opts ...Option) *Reporter {
	r := &Reporter{least: defaultInterval, since: time.Now()}
	for _, o := range opts {
		o(r)
	}
	return r
}

// Register has s tell the load to clients that ask for it. When s begins to shut down
// they are told to go elsewhere, so that they do not hold the shutdown up. A Reporter
// may be registered with several servers.
func (r *Reporter) Register(s *curlew.Server, opts ...curlew.ServiceOption) {
	down := make(chan struct{})
	s.OnShutdown(sync.OnceFunc(func() { close(down) }))
	orcapb.RegisterOpenRcaService(s, service{r, down}, opts...)
}

// Files describe the .proto files of the service and of its messages. They are in no
// registry of package protoregistry, so that other packages can be linked that
// register them.
func Files() []protoreflect.FileDescriptor {
	return []protoreflect.FileDescriptor{
		orcapb.File_xds_data_orca_v3_orca_load_report_proto,
		orcapb.File_xds_service_orca_v3_orca_proto,
	}
}

// second returns the number of the second that it is.
func (r *Reporter) second() int64 { return int64(time.Since(r.since) / time.Second) }
