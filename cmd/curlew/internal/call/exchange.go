package call

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/rpcerror"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/term"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// An exchange is the messages of a call, of whichever kind.
type exchange struct {
	*caller
	md       protoreflect.MethodDescriptor
	method   *curlew.Method
	resolver msgjson.Resolver
	format   msgjson.Format
	log      *transcript // what -v shows
}

func newExchange(c *caller, md protoreflect.MethodDescriptor, resolver msgjson.Resolver) *exchange {
	x := &exchange{
		caller: c,
		md:     md,
		method: &curlew.Method{
			Path: "/" + string(md.Parent().FullName()) + "/" + string(md.Name()),
			Kind: kindOf(md),
		},
		resolver: resolver,
		format:   msgjson.Format{Defaults: c.defaults, Resolver: resolver},
		log:      &transcript{w: io.Discard},
	}
	if c.Verbose {
		x.log = &transcript{w: c.err, style: term.StyleFor(c.err)}
	}
	// A stream is for programs as much as for people: one message is one line.
	if !md.IsStreamingServer() && !c.JSON && term.IsTerminal(c.out) {
		x.format.Indent = "  "
	}
	return x
}

func kindOf(md protoreflect.MethodDescriptor) curlew.Kind {
	switch {
	case md.IsStreamingClient() && md.IsStreamingServer():
		return curlew.KindBidi
	case md.IsStreamingClient():
		return curlew.KindClientStream
	case md.IsStreamingServer():
		return curlew.KindServerStream
	}
	return curlew.KindUnary
}

// perform makes the call. Requests come from data; if that is nil, there is one empty
// request, or they are read from standard input if there may be several.
func (x *exchange) perform(ctx context.Context, client *curlew.Client, data io.Reader) error {
	switch {
	case data == nil && x.method.Kind.ManyRequests():
		data = x.in
	case data == nil:
		data = strings.NewReader("")
	}
	reqs := newRequests(data, x.md.Input(), x.resolver)
	var first proto.Message
	if !x.method.Kind.ManyRequests() {
		var err error
		if first, err = reqs.only(); err != nil {
			return err
		}
	}
	var (
		header, trailer curlew.Header
		peer            curlew.Peer
	)
	caller := client.Caller().With(curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer), curlew.CapturePeer(&peer))
	x.log.request(x.method, x.Headers)
	begun := time.Now()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	err := caller.Stream(ctx, x.method, func(_ context.Context, s curlew.Stream) error {
		if first == nil {
			return x.stream(s, reqs, &header, stop)
		}
		if err := s.Send(first); err != nil {
			return err
		}
		if err := s.CloseSend(); err != nil {
			return err
		}
		return x.receive(s, &header)
	})
	x.log.header(&header)
	x.log.end(&trailer, &peer, err, time.Since(begun))
	return err
}

// only returns the request of a method that takes one.
func (r *requests) only() (proto.Message, error) {
	m, err := r.next()
	if err == io.EOF {
		return dynamicpb.NewMessage(r.md), nil
	}
	if err != nil {
		return nil, err
	}
	switch _, err := r.next(); {
	case err == io.EOF:
		return m, nil
	case r.n == 1: // what follows is no JSON
		return nil, err
	}
	return nil, &inputError{n: 2, err: errors.New("the method takes one request only")}
}

// stream sends requests as they are read, and receives beside. It returns when the
// server has ended the call, although a request may still be awaited then. A mistake
// in the requests stops the call.
func (x *exchange) stream(s curlew.Stream, reqs *requests, header *curlew.Header, stop func()) error {
	wrong := make(chan error, 1)
	go func() {
		if err := send(s, reqs); err != nil {
			wrong <- err
			stop()
		}
	}()
	err := x.receive(s, header)
	select {
	case mistake := <-wrong:
		return mistake
	default:
		return err
	}
}

func send(s curlew.Stream, reqs *requests) error {
	for {
		m, err := reqs.next()
		if err == io.EOF {
			return s.CloseSend()
		}
		if err != nil {
			return err
		}
		if err := s.Send(m); err == io.EOF {
			return nil // the server has ended the call; Recv tells how
		} else if err != nil {
			return err
		}
	}
}

func (x *exchange) receive(s curlew.Stream, header *curlew.Header) error {
	for {
		m := dynamicpb.NewMessage(x.md.Output())
		if err := s.Recv(m); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		x.log.header(header)
		line, err := x.format.Append(nil, m)
		if err != nil {
			return err
		}
		if _, err := x.out.Write(append(line, '\n')); err != nil {
			return err
		}
		if !x.method.Kind.ManyResponses() {
			return nil
		}
	}
}

// fail returns the error to end the process with for one of the call.
func (x *exchange) fail(err error) error {
	var input *inputError
	if errors.As(err, &input) {
		return exit.Usagef("%w", input)
	}
	var rpc *curlew.Error
	if !errors.As(err, &rpc) {
		return err
	}
	return rpcerror.Format{JSON: x.JSON, Resolver: x.resolver}.Write(x.err, err)
}
