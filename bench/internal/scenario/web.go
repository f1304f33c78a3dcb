package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// CurlewWeb is Curlew's server with the web's protocols, where the same without
// them is Curlew.
const CurlewWeb = Curlew + " +web"

const (
	webCommand     = "taskset -c 1 env GOMAXPROCS=1 bin/STACK-server -addr ADDR (bin/curlew-web of Curlew); taskset -c 0 h2load -c %d -m %d -n N %s"
	withWebCommand = "bin/curlew-web -addr ADDR with -web=false and without; h2load -c 50 -m 20 -n %d ... as of " + Unary50x20 + "; %d servers of each in turn"
)

// To tell differences of a few percent takes many samples, of which those that are
// compared are close to each other in time, and of several processes: what lies
// where in memory differs from one to the next for as long as they live.
const (
	withWebRounds  = 120
	withWebServers = 12
	// withWebRequests is how many requests a sample has, on any machine the same for
	// all servers: connecting is a part of the cost, whose share has to be the same.
	withWebRequests = 50_000
)

// web returns the scenarios of servers that are called over the web's protocols.
func web() []Scenario {
	var all []Scenario
	for _, w := range []struct {
		name, title string
		has         feature
		quick       bool
		call        webCall
	}{
		{ConnectJSON, "Connect, unary, JSON", browsers, true, connectJSON()},
		{ConnectProto, "Connect, unary, protobuf", browsers, false, connectProto()},
		{GRPCWeb, "gRPC-Web, unary", browsers, true, grpcWeb()},
		{RESTGet, "REST, GET with a variable in the path and two in the query", rest, true, restGet()},
		{RESTPost, "REST, POST with the message as its body", rest, false, restPost()},
	} {
		for _, l := range []struct{ conns, streams int }{{50, 20}, {1, 100}} {
			s := Scenario{
				Name: w.name, Title: fmt.Sprintf("Server, %s, %d x %d", w.title, l.conns, l.streams),
				How:   fmt.Sprintf(webCommand, l.conns, l.streams, w.call.command()),
				quick: w.quick, fits: func(s Stack) bool { return s.Web != "" && s.can(w.has) },
				prepare: webUnary(w.call, l.conns, l.streams),
			}
			if l.conns != 50 {
				s.Name, s.quick = fmt.Sprintf("%s-%dx%d", w.name, l.conns, l.streams), false
			}
			all = append(all, s)
		}
	}
	return append(all, Scenario{
		Name: WithWeb, Title: "Server, unary, 50 x 20: the web's protocols beside gRPC",
		How:   fmt.Sprintf(withWebCommand, withWebRequests, withWebServers),
		quick: true, only: []string{Curlew}, fits: func(s Stack) bool { return s.Web != "" },
		atLeast: withWebRounds,
		vary: func(s Stack) []Subject {
			s.Server = s.Web
			return []Subject{{Stack: s, Name: Curlew, args: []string{"-web=false"}}, {Stack: s, Name: CurlewWeb}}
		},
		prepare: several(withWebServers, besideWeb),
	})
}

// command is what h2load is given of a call.
func (c webCall) command() string {
	var b strings.Builder
	for _, field := range c.Header {
		fmt.Fprintf(&b, "-H '%s' ", field)
	}
	if c.Body != nil {
		b.WriteString("-d REQUEST ")
	}
	fmt.Fprintf(&b, "'http://ADDR%s'", c.Paths[0])
	if n := len(c.Paths); n > 1 {
		fmt.Fprintf(&b, " ... (%d, with other users)", n)
	}
	return b.String()
}

// webUnary is the scenario of a server called by h2load over a protocol of the
// web.
func webUnary(call webCall, conns, streams int) func(context.Context, *Env, Subject) (sampler, error) {
	return func(ctx context.Context, e *Env, subject Subject) (sampler, error) {
		stack := subject.Stack
		stack.Server = stack.Web
		how := alone
		how.args = subject.args
		s, err := e.serve(stack, how)
		if err != nil {
			return nil, err
		}
		u := &unaryLoad{
			env: e, server: s, request: call.Request, warmup: e.warmup(stack),
			conns: conns, streams: streams, core: coreOfLoad,
		}
		err = call.verify(ctx, s.url)
		if err == nil {
			err = u.prepare(ctx)
		}
		if err != nil {
			s.Stop()
			return nil, err
		}
		return u, nil
	}
}

// besideWeb is a server called by gRPC, that may serve the web's protocols, too.
func besideWeb(ctx context.Context, e *Env, subject Subject) (sampler, error) {
	s, err := serverUnary(50, 20, alone, false)(ctx, e, subject)
	if err != nil {
		return nil, err
	}
	u := s.(*unaryLoad)
	u.requests = withWebRequests
	return u, nil
}

// fleet is several servers of one subject, of which each round measures another.
type fleet []sampler

// several makes a scenario that has n servers of each subject.
func several(n int, prepare func(context.Context, *Env, Subject) (sampler, error)) func(context.Context, *Env, Subject) (sampler, error) {
	return func(ctx context.Context, e *Env, subject Subject) (sampler, error) {
		var f fleet
		for range n {
			s, err := prepare(ctx, e, subject)
			if err != nil {
				f.close()
				return nil, err
			}
			f = append(f, s)
		}
		return f, nil
	}
}

func (f fleet) sample(ctx context.Context, round int) (metrics, error) {
	return f[round%len(f)].sample(ctx, round)
}

func (f fleet) close() {
	for _, s := range slices.Backward(f) {
		s.close()
	}
}
