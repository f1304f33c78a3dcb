package main

import (
	"fmt"
	"strconv"
	"time"
)

// A team is a server and its clients.
type team struct {
	server  *process
	clients []*process
	all     []*process
}

// assemble starts the processes.
func (t *team) assemble() error {
	server, err := start("server", "-role", "server")
	if err != nil {
		return err
	}
	t.server, t.all = server, []*process{server}
	var addr string
	if err := server.answers.Decode(&addr); err != nil {
		return fmt.Errorf("the server does not start: %w", err)
	}
	for i := range *clients {
		c, err := start(fmt.Sprintf("client %d", i+1), "-role", "client", "-address", addr,
			"-callers", strconv.Itoa(*callers), "-seed", strconv.FormatUint(*seed+uint64(i), 10))
		if err != nil {
			return err
		}
		t.clients = append(t.clients, c)
		t.all = append(t.all, c)
	}
	return nil
}

// soak does it all and returns how many checks have failed.
func soak() (failed int, err error) {
	var t team
	defer func() {
		for _, p := range t.all {
			p.kill()
		}
	}()
	if err := t.assemble(); err != nil {
		return 0, err
	}
	// Clients answer when they are connected.
	for _, p := range append(t.clients, t.server) {
		if p.idleBefore, err = p.ask(cmdIdle); err != nil {
			return 0, err
		}
	}
	for _, p := range t.clients {
		if _, err := p.ask(cmdLoad); err != nil {
			return 0, err
		}
	}
	if err := t.watch(); err != nil {
		return 0, err
	}
	for _, p := range t.clients {
		if _, err := p.ask(cmdHalt); err != nil {
			return 0, err
		}
	}
	// They are connected still: what calls have left behind would show.
	for _, p := range t.all {
		if p.idleAfter, err = p.ask(cmdIdle); err != nil {
			return 0, err
		}
	}
	var v verdict
	t.judge(&v)
	for _, p := range append(t.clients, t.server) {
		err := p.end()
		v.check(err == nil, "%s ends by itself: %v", p.name, err)
	}
	fmt.Printf("%d passed, %d failed\n", v.passed, v.failed)
	return v.failed, nil
}

// watch takes a sample of everybody every second, and reports now and then.
func (t *team) watch() error {
	begun := time.Now()
	next := begun.Add(*report)
	ticker := time.NewTicker(min(time.Second, *report))
	defer ticker.Stop()
	fmt.Printf("%6s %-9s %10s %9s %11s %9s %8s\n", "time", "process", "calls", "failures", "goroutines", "RSS, MiB", "streams")
	for now := range ticker.C {
		for _, p := range t.all {
			s, err := p.ask(cmdSample)
			if err != nil {
				return err
			}
			p.under = append(p.under, s)
		}
		if !now.Before(next) {
			next = next.Add(*report)
			t.report(now.Sub(begun))
		}
		if now.Sub(begun) >= *duration {
			return nil
		}
	}
	return nil
}

func (t *team) report(after time.Duration) {
	for _, p := range t.all {
		s := p.under[len(p.under)-1]
		fmt.Printf("%6s %-9s %10d %9d %11d %9d %8d\n", after.Round(time.Second), p.name, s.total(), s.Failures, s.Goroutines, s.RSS>>20, s.Streams)
	}
}
