package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"sync/atomic"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/peerservice"
)

// A server counts the calls that it serves.
type server struct {
	running atomic.Int64
	ended   atomic.Int64
}

func (s *server) count(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	s.running.Add(1)
	defer func() {
		s.running.Add(-1)
		s.ended.Add(1)
	}()
	return next(ctx, call)
}

func (s *server) sample() sample {
	return sample{Calls: map[string]int64{"any": s.ended.Load()}, Streams: s.running.Load()}
}

func (*server) load() {}
func (*server) halt() {}

// serve is the process of the role server. It says first where it listens.
func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := new(server)
	// What it warns of should not happen, and is shown.
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	srv := curlew.NewServer(curlew.WithInterceptors(s.count), curlew.WithLogger(log))
	peerservice.Register(srv)
	go srv.Serve(l)
	defer srv.Close()
	if err := json.NewEncoder(os.Stdout).Encode(l.Addr().String()); err != nil {
		return err
	}
	return obey(s)
}
