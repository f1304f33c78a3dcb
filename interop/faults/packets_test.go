package faults

import (
	"context"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// partitions are ways for a network to lose everything without a word.
var partitions = []struct{ name, in, out string }{
	{"both ways", "drop", "drop"},
	{"to the server", "drop", ""},
	{"to the client", "", "drop"},
}

// A silent network ends calls at their deadlines, not later; when it is back, so
// are calls.
func TestPartition(t *testing.T) {
	for _, p := range partitions {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			n := newNetwork(t)
			conn, client := n.client(t)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			ended := standing(ctx, client)
			n.filter(t, p.in, p.out)
			expectTimeouts(t, client.With(curlew.WaitForReady()))
			expectAll(t, ended, 4*ofEachKind, curlew.DeadlineExceeded)
			n.heal(t)
			works(t, client)
			n.idle(t, client)
			conn.Close()
			n.server.stop(t)
		})
	}
}

// Keepalive notices a silent network on both sides: calls without a deadline end,
// so do their handlers, and a new connection is made when the network is back.
func TestKeepaliveNoticesPartition(t *testing.T) {
	for _, p := range partitions {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			curlewtest.NoLeaks(t)
			n := newNetwork(t, "keepalive")
			conn, client := n.client(t, curlew.WithKeepalive(time.Second, time.Second))
			ended := standing(t.Context(), client)
			n.filter(t, p.in, p.out)
			expectAll(t, ended, 4*ofEachKind, curlew.Unavailable)
			n.heal(t)
			works(t, client)
			n.idle(t, client)
			conn.Close()
			n.server.stop(t)
		})
	}
}

// A firewall that answers with resets ends connections, and refuses further ones.
func TestRejectedByReset(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	n := newNetwork(t)
	conn, client := n.client(t)
	ended := standing(t.Context(), client)
	n.filter(t, "meta l4proto tcp reject with tcp reset", "")
	// The reset answers the next packet.
	if err := unary(bounded(t), client, "rejected", 10); curlew.CodeOf(err) != curlew.Unavailable {
		t.Errorf("the call that meets the reset: %v", err)
	}
	expectAll(t, ended, 4*ofEachKind, curlew.Unavailable)
	if err := unary(bounded(t), client, "refused", 10); curlew.CodeOf(err) != curlew.Unavailable {
		t.Errorf("a call without a connection: %v", err)
	}
	n.heal(t)
	works(t, client)
	conn.Close()
	// The server has not heard of the reset: its side of the connection is still there.
	n.server.Process.Kill()
}

// Lost packets are sent again by TCP, later and in another order: calls see none of it.
func TestPacketLoss(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	n := newNetwork(t)
	conn, client := n.client(t)
	const loss = "meta l4proto tcp numgen random mod 100 < 5 counter drop"
	n.filter(t, loss, loss)
	ctx := bounded(t)
	for n.dropped(t) < 50 && !t.Failed() {
		mixture(ctx, client.With(curlew.WaitForReady()), 4, 1, []int{0, 1000, 50 << 10}).failures(t)
	}
	n.heal(t)
	n.idle(t, client)
	conn.Close()
	n.server.stop(t)
}

// A narrow path with a short queue, which drops what is too much.
func TestNarrowPath(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	n := newNetwork(t)
	conn, client := n.client(t)
	narrow := []string{"root", "tbf", "rate", "8mbit", "burst", "16kb", "latency", "30ms"}
	run(t, append([]string{"tc", "qdisc", "add", "dev", n.Near}, narrow...)...)
	run(t, append([]string{"tc", "-n", n.Name, "qdisc", "add", "dev", n.Far}, narrow...)...)
	mixture(bounded(t), client, 8, 1, []int{0, 1000, 50 << 10}).failures(t)
	n.idle(t, client)
	conn.Close()
	n.server.stop(t)
}

// An interface that goes down and comes up again is no reason to fail for calls
// that can wait.
func TestLinkDown(t *testing.T) {
	t.Parallel()
	curlewtest.NoLeaks(t)
	n := newNetwork(t)
	conn, client := n.client(t)
	if err := conn.Ready(bounded(t)); err != nil {
		t.Fatal(err)
	}
	run(t, "ip", "-n", n.Name, "link", "set", n.Far, "down")
	ended := make(chan error, 1)
	go func() {
		_, err := client.Unary(bounded(t), &echov1.EchoRequest{Text: id})
		ended <- err
	}()
	time.Sleep(300 * time.Millisecond)
	run(t, "ip", "-n", n.Name, "link", "set", n.Far, "up")
	expectAll(t, ended, 1, curlew.OK)
	conn.Close()
	n.server.stop(t)
}
