package faults

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
	"github.com/curlew-rpc/curlew/interop/internal/netns"
)

// A network has a server process in a network namespace of its own.
type network struct {
	*netns.Network
	server *process
	addr   string // of the server
}

// newNetwork makes one, or skips the test where it cannot be made.
func newNetwork(t *testing.T, serverArgs ...string) *network {
	t.Helper()
	if _, err := exec.LookPath("tc"); err != nil {
		t.Skip("not run: tc is not installed (Debian: iproute2)")
	}
	made, err := netns.New()
	if err != nil {
		t.Skipf("not run: %v", err)
	}
	n := &network{Network: made}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	command := append(n.Exec(), self(t), asServer, n.Addr+":0", filepath.Join(t.TempDir(), "ledger"))
	n.server = start(t, nil, append(command, serverArgs...)...)
	n.addr = n.server.says(t, "listening on ")
	return n
}

func run(t *testing.T, command ...string) {
	t.Helper()
	if err := netns.Run(command...); err != nil {
		t.Fatal(err)
	}
}

// filter has rules stand between the server and its network; see netns.
func (n *network) filter(t *testing.T, in, out string) {
	t.Helper()
	if err := n.Filter(in, out); err != nil {
		t.Fatal(err)
	}
}

// dropped returns how many packets rules with counters have met.
func (n *network) dropped(t *testing.T) int {
	t.Helper()
	packets, err := n.Dropped()
	if err != nil {
		t.Fatal(err)
	}
	return packets
}

// heal takes the rules away.
func (n *network) heal(t *testing.T) {
	t.Helper()
	if err := n.Heal(); err != nil {
		t.Fatal(err)
	}
}

// client returns a client of the server.
func (n *network) client(t *testing.T, opts ...curlew.ClientOption) (*curlew.Client, echov1.EchoServiceClient) {
	t.Helper()
	conn := newClient(t, n.addr, opts...)
	return conn, echov1.NewEchoServiceClient(conn)
}

// idle fails the test unless all of the server's handlers come to their end.
func (n *network) idle(t *testing.T, c echov1.EchoServiceClient) {
	t.Helper()
	await(t, "the server's handlers have returned", func() bool {
		res, err := c.With(curlew.WaitForReady()).Unary(bounded(t), &echov1.EchoRequest{Text: askRunning})
		return err == nil && res.GetCount() == 0
	})
}
