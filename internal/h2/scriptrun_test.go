package h2

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A scriptRun is a scenario that is being run.
type scriptRun struct {
	t        *testing.T
	cfg      Config
	acceptor Acceptor
	start    Start // how streams are started
	workers  Workers
	conn     *Conn
	peer     *pipeEnd
	framer   *framer
	pending  []byte // frames of the peer's that are to be written at once
	read     []byte // what has come and is not described yet
	streams  map[string]*scriptStream

	mu      sync.Mutex
	arrived []byte
	ended   bool // the peer has read to the end
	events  []string
}

// A scriptStream is a stream of the connection under test, and on a server also
// its owner.
type scriptStream struct {
	Stream
	r       *scriptRun
	name    string
	done    chan struct{} // ends its waits
	returns chan struct{} // ends its handler
	ops     sync.WaitGroup
}

func newScriptRun(t *testing.T) *scriptRun {
	r := &scriptRun{t: t, framer: newFramer(), streams: map[string]*scriptStream{}}
	r.acceptor = r
	r.cfg = Defaults()
	r.cfg.MaxStreams = 4
	r.cfg.StreamWindow = 65535
	r.cfg.MaxWindow = 65535
	r.cfg.ConnBuffer = 65535
	r.cfg.Workers = &r.workers
	r.cfg.Farewell = farewell
	return r
}

// farewell is what streams that are cut end with.
func farewell(_ Owner, headed bool, reason string) []hpack.Field {
	if headed {
		return []hpack.Field{{Name: "why", Value: reason}}
	}
	return []hpack.Field{{Name: ":status", Value: "200"}, {Name: "why", Value: reason}}
}

// end ends everything that is left; the bubble waits for it.
func (r *scriptRun) end() {
	r.peer.out.setLimit(1 << 30)
	r.peer.in.setLimit(1 << 30)
	r.conn.Close()
	for _, s := range r.streams {
		s.finish()
	}
	<-r.conn.Done()
	r.workers.Close(true)
	r.peer.Close()
}

func (s *scriptStream) finish() {
	for _, ch := range []chan struct{}{s.done, s.returns} {
		select {
		case <-ch:
		default:
			close(ch)
		}
	}
}

func (r *scriptRun) event(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

// step does the lines and returns what comes of them.
func (r *scriptRun) step(lines []string) (out []string) {
	for _, line := range lines {
		switch {
		case line[0] == '#':
		case line[0] == '>':
			r.peerLine(strings.TrimSpace(line[1:]))
		default:
			r.flush()
			r.command(words(line))
		}
	}
	r.flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read = append(r.read, r.arrived...)
	r.arrived = nil
	for {
		var line string
		if line, r.read = r.framer.describe(r.read); line == "" {
			break
		}
		out = append(out, "< "+line)
	}
	if len(r.read) > 0 && r.ended {
		out = append(out, fmt.Sprintf("< %q", r.read))
		r.read = nil
	}
	slices.Sort(r.events)
	out = append(out, r.events...)
	r.events = nil
	return collapse(out)
}

// collapse writes equal lines that follow each other as one.
func collapse(lines []string) (out []string) {
	for i := 0; i < len(lines); {
		n := 1
		for i+n < len(lines) && lines[i+n] == lines[i] {
			n++
		}
		line := lines[i]
		if n > 1 {
			frame, isFrame := strings.CutPrefix(line, "< ")
			line = fmt.Sprintf("%d * %s", n, frame)
			if isFrame {
				line = "< " + line
			}
		}
		out = append(out, line)
		i += n
	}
	return out
}

// peerLine is a line of what the peer does. Frames that follow each other are
// written at once.
func (r *scriptRun) peerLine(line string) {
	switch line {
	case "EOF":
		r.flush()
		r.peer.CloseWrite()
	case "CLOSE":
		r.flush()
		r.peer.Close()
	default:
		r.pending = append(r.pending, r.framer.bytes(r.t, line)...)
	}
}

// flush lets everything happen that can.
func (r *scriptRun) flush() {
	if len(r.pending) > 0 {
		p := r.pending
		r.pending = nil
		go r.peer.Write(p) // fails when the connection is gone
	}
	synctest.Wait()
}

// readAll reads what the connection writes.
func (r *scriptRun) readAll() {
	buf := make([]byte, 4096)
	for {
		n, err := r.peer.Read(buf)
		r.mu.Lock()
		r.arrived = append(r.arrived, buf[:n]...)
		r.mu.Unlock()
		if err != nil {
			r.mu.Lock()
			r.ended = true
			r.mu.Unlock()
			if err == io.EOF {
				r.event("peer: EOF")
			}
			return
		}
	}
}

func (r *scriptRun) command(ws []string) {
	switch ws[0] {
	case "server", "client":
		r.connect(ws[0] == "client", ws[1:])
	case "peer":
		limit := 1 << 20
		if ws[1] == "stops" {
			limit = 0
		}
		r.peer.in.setLimit(limit)
	case "drain":
		r.conn.Drain()
	case "cut":
		r.conn.Cut("the server does not wait any longer")
	case "tally":
		r.event("tally: %+v", r.conn.Tally())
	case "close":
		r.conn.Close()
	case "reserve":
		r.event("reserve: %v", r.conn.Reserve())
	case "unreserve":
		r.conn.Unreserve()
	case "nextid":
		r.conn.mu.Lock()
		r.conn.nextID = uint32(number(r.t, ws[1]))
		r.conn.mu.Unlock()
	case "active":
		r.event("active: %d", r.conn.Active())
	case "limit":
		r.event("limit: %d", r.conn.Limit())
	case "err":
		r.event("err: %v", r.conn.Err())
	case "sleep":
		d, err := time.ParseDuration(ws[1])
		if err != nil {
			r.t.Fatal(err)
		}
		time.Sleep(d)
	default:
		r.streamCommand(ws)
	}
	synctest.Wait()
}

// connect makes the connection under test and exchanges greetings with it.
func (r *scriptRun) connect(client bool, options []string) {
	greeted := false
	for _, o := range options {
		if o == "greeted" {
			greeted = true
			continue
		}
		r.option(o)
	}
	var nc *pipeEnd
	nc, r.peer = newPipe(1 << 20)
	go r.readAll()
	obs := Observer{
		Capacity: func() { r.event("Capacity") },
		Draining: func() { r.event("Draining") },
		Silent:   func(silent bool) { r.event("Silent: %v", silent) },
		Violated: func(err error) { r.event("Violated: %v", err) },
		Closed:   func(err error) { r.event("Closed: %v", err) },
	}
	if client {
		r.conn = NewClient(nc, &r.cfg, obs)
	} else {
		r.conn = NewServer(nc, &r.cfg, r.acceptor, obs)
	}
	r.conn.Start()
	synctest.Wait()
	if client { // the preface is no frame
		r.mu.Lock()
		r.arrived = r.arrived[len(frame.Preface):]
		r.mu.Unlock()
	}
	if greeted {
		if !client {
			r.peerLine("PREFACE")
		}
		r.peerLine("SETTINGS")
		r.peerLine("SETTINGS ack")
		r.step(nil)
	}
}

// connectTo makes a server's connection with an acceptor of the test's own.
func (r *scriptRun) connectTo(a Acceptor) {
	r.acceptor = a
	r.connect(false, []string{"greeted"})
}

func (r *scriptRun) option(o string) {
	name, value, _ := strings.Cut(o, "=")
	d, err := time.ParseDuration(value)
	n := 0
	if err != nil {
		n = number(r.t, value)
	}
	switch name {
	case "streams":
		r.cfg.MaxStreams = uint32(n)
	case "window":
		r.cfg.StreamWindow = int32(n)
	case "maxwindow":
		r.cfg.MaxWindow = int32(n)
	case "connbuffer":
		r.cfg.ConnBuffer = int32(n)
	case "sendbuffer":
		r.cfg.SendBuffer = n
	case "headerbytes":
		r.cfg.MaxHeaderBytes = uint32(n)
	case "headerfields":
		r.cfg.MaxHeaderFields = n
	case "glitches":
		r.cfg.MaxGlitches = int32(n)
	case "keepalive":
		r.cfg.KeepaliveTime = d
	case "keepaliveidle":
		r.cfg.KeepaliveTime, r.cfg.KeepaliveIdle = d, true
	case "suspicion":
		r.cfg.Suspicion, r.cfg.SilenceTimeout = d, 10*time.Second
	case "age":
		r.cfg.MaxAge = d
	case "agegrace":
		r.cfg.MaxAgeGrace = d
	case "idle":
		r.cfg.MaxIdle = d
	case "pings":
		r.cfg.PingInterval = d
	case "pingsidle":
		r.cfg.PingInterval, r.cfg.PingIdle = d, true
	case "readtimeout":
		r.cfg.ReadTimeout = d
	case "whole": // requests are awaited whole, up to so many bytes
		r.start = Start{Whole: true, Limit: n}
	case "foreign":
		r.cfg.Foreign = r.foreign
	default:
		r.t.Fatalf("there is no option %s", name)
	}
}

// AcceptOnReader makes the streams of a server.
func (r *scriptRun) AcceptOnReader(m *Message) (*Stream, Start) {
	s := r.newStream("")
	s.Init(s)
	line := fmt.Sprintf("accepted %s %s://%s%s", m.Method, m.Scheme, m.Authority, m.Path)
	r.event("%s%s", line, showMessage(m))
	return &s.Stream, r.start
}

func (r *scriptRun) newStream(name string) *scriptStream {
	return &scriptStream{r: r, name: name, done: make(chan struct{}), returns: make(chan struct{})}
}

// showMessage shows the regular fields, and what else is to be known of m.
func showMessage(m *Message) string {
	var b strings.Builder
	if m.Status != 0 {
		b.WriteString(" :status=" + strconv.Itoa(m.Status))
	}
	showFields(&b, m.Fields)
	if m.TooLarge {
		b.WriteString(", too large")
	}
	return b.String()
}

func showFields(b *strings.Builder, fields []hpack.Field) {
	for _, f := range fields {
		if len(f.Value) > 40 {
			fmt.Fprintf(b, " %s of %d octets", f.Name, len(f.Value))
			continue
		}
		fmt.Fprintf(b, " %s=%q", f.Name, f.Value)
	}
}

// Serve is the handler: it lets the script do its work until "return", and as
// handlers must, returns when those who receive or send for it have come to rest.
func (s *scriptStream) Serve() {
	s.name = strconv.Itoa(int(s.ID()))
	s.r.mu.Lock()
	s.r.streams[s.name] = s
	s.r.mu.Unlock()
	s.r.event("%s starts", s.name)
	<-s.returns
	s.ops.Wait()
}

// Aborted is told to a server's stream.
func (s *scriptStream) Aborted(err error) {
	s.r.event("%d aborted: %v", s.ID(), err)
	var se *StreamError
	if !errors.As(err, &se) {
		s.r.event("%d aborted with a %T", s.ID(), err)
	}
}
