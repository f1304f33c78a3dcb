package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/load"
	"github.com/curlew-rpc/curlew/bench/internal/proc"
)

const (
	idleConns      = 1000
	manyConns      = 10000
	manyStreams    = 2 // on each
	streamConns    = 100
	streamsPerConn = 20
	chatMethod     = "/curlew.bench.v1.Bench/Chat"
	// warmConns have used all code paths before the first reading, so that what a
	// server sets up once is not counted as the cost of a connection.
	warmConns = 10
)

// idle measures memory: each sample has a server of its own.
type idle struct {
	env     *Env
	subject Subject
	measure func(*idle, *server) (metrics, error)
	conns   []*load.Conn
}

func (i *idle) sample(_ context.Context, _ int) (metrics, error) {
	s, err := i.env.serve(i.subject.Stack, alone)
	if err != nil {
		return nil, err
	}
	defer s.Stop()
	defer i.hangUp()
	if err := i.warm(s); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	return i.measure(i, s)
}

func (i *idle) close() {}

func (i *idle) hangUp() {
	for _, c := range i.conns {
		c.Close()
	}
	i.conns = nil
}

// warm opens some connections with a call and a stream on each, and leaves them.
func (i *idle) warm(s *server) error {
	if err := i.dial(s, warmConns); err != nil {
		return err
	}
	if s.file {
		return nil
	}
	for _, c := range i.conns {
		if _, err := c.Call(); err != nil {
			return err
		}
		if i.subject.can(chatIdle) {
			if err := c.Open(chatMethod, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i *idle) dial(s *server, n int) error {
	for range n {
		c, err := load.Dial(s.addr)
		if err != nil {
			return err
		}
		i.conns = append(i.conns, c)
	}
	return nil
}

// memory returns the server's resident memory when it has had time to settle.
func (i *idle) memory(s *server) (float64, error) {
	time.Sleep(i.env.Settle)
	n, err := s.Memory()
	return float64(n), err
}

func idleConnections(i *idle, s *server) (metrics, error) {
	before, err := i.memory(s)
	if err != nil {
		return nil, err
	}
	if err := i.dial(s, idleConns); err != nil {
		return nil, err
	}
	opened, err := i.memory(s)
	if err != nil {
		return nil, err
	}
	m := metrics{IdleConn: (opened - before) / idleConns}
	if s.file {
		return m, nil
	}
	for _, c := range i.conns[warmConns:] {
		if _, err := c.Call(); err != nil {
			return nil, err
		}
	}
	called, err := i.memory(s)
	if err != nil {
		return nil, err
	}
	m[CalledConn] = (called - before) / idleConns
	return m, nil
}

func idleStreams(i *idle, s *server) (metrics, error) {
	if err := i.dial(s, streamConns); err != nil {
		return nil, err
	}
	before, err := i.memory(s)
	if err != nil {
		return nil, err
	}
	for _, c := range i.conns[warmConns:] {
		if err := c.Open(chatMethod, streamsPerConn); err != nil {
			return nil, err
		}
	}
	opened, err := i.memory(s)
	if err != nil {
		return nil, err
	}
	for _, c := range i.conns[warmConns:] {
		if err := c.Quiet(); err != nil {
			return nil, fmt.Errorf("the streams did not stay open: %w", err)
		}
	}
	return metrics{IdleStream: (opened - before) / (streamConns * streamsPerConn)}, nil
}

func idleMany(i *idle, s *server) (metrics, error) {
	kernel, err := proc.KernelMemory()
	if err != nil {
		return nil, err
	}
	before, err := i.memory(s)
	if err != nil {
		return nil, err
	}
	if err := i.dial(s, manyConns); err != nil {
		return nil, err
	}
	opened, err := i.memory(s)
	if err != nil {
		return nil, err
	}
	grown, err := proc.KernelMemory()
	if err != nil {
		return nil, err
	}
	for _, c := range i.conns[warmConns:] {
		if err := c.Open(chatMethod, manyStreams); err != nil {
			return nil, err
		}
	}
	waiting, err := i.memory(s)
	if err != nil {
		return nil, err
	}
	return metrics{
		IdleConn:   (opened - before) / manyConns,
		KernelConn: float64(grown-kernel) / (2 * manyConns),
		IdleStream: (waiting - opened) / (manyConns * manyStreams),
	}, nil
}

func memoryOf(measure func(*idle, *server) (metrics, error)) func(context.Context, *Env, Subject) (sampler, error) {
	return func(_ context.Context, e *Env, subject Subject) (sampler, error) {
		return &idle{env: e, subject: subject, measure: measure}, nil
	}
}
