package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/curlew-rpc/curlew"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

// A network is a network namespace with a server process in it, and a pair of
// virtual interfaces between it and this process's own network.
type network struct {
	name   string // of the namespace
	near   string // the interface on this side
	far    string // the one within
	server *process
	addr   string // of the server
}

var networks atomic.Int32 // made by this process

// newNetwork makes one, or skips the test where it cannot be made.
func newNetwork(t *testing.T, serverArgs ...string) *network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not run: only root may make network namespaces")
	}
	for _, tool := range []string{"ip", "nft", "tc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("not run: %s is not installed (Debian: iproute2, nftables)", tool)
		}
	}
	pid, number := os.Getpid(), int(networks.Add(1))
	n := &network{name: fmt.Sprintf("curlew-%d-%d", pid, number)}
	n.near = fmt.Sprintf("cw%da%d", pid%1_000_000, number)
	n.far = fmt.Sprintf("cw%db%d", pid%1_000_000, number)
	// 198.18.0.0/15 is for tests of networks, RFC 2544.
	subnet := fmt.Sprintf("198.%d.%d.", 18+pid/256%2, pid%256)
	here, there := fmt.Sprint(subnet, 4*number+1, "/30"), fmt.Sprint(subnet, 4*number+2, "/30")
	if out, err := exec.Command("ip", "netns", "add", n.name).CombinedOutput(); err != nil {
		t.Skipf("not run: no network namespace can be made here: %v: %s", err, out)
	}
	t.Cleanup(func() { run(t, "ip", "netns", "delete", n.name) }) // and the interfaces with it
	run(t, "ip", "link", "add", n.near, "type", "veth", "peer", "name", n.far, "netns", n.name)
	run(t, "ip", "address", "add", here, "dev", n.near)
	run(t, "ip", "link", "set", n.near, "up")
	run(t, "ip", "-n", n.name, "address", "add", there, "dev", n.far)
	run(t, "ip", "-n", n.name, "link", "set", n.far, "up")
	command := []string{"ip", "netns", "exec", n.name, self(t), asServer}
	command = append(command, strings.TrimSuffix(there, "/30")+":0", filepath.Join(t.TempDir(), "ledger"))
	n.server = start(t, nil, append(command, serverArgs...)...)
	n.addr = n.server.says(t, "listening on ")
	return n
}

func run(t *testing.T, command ...string) {
	t.Helper()
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(command, " "), err, out)
	}
}

func (n *network) nft(t *testing.T, args ...string) {
	t.Helper()
	run(t, append([]string{"ip", "netns", "exec", n.name, "nft"}, args...)...)
}

// filter has the rules stand between the server and its network: what it receives
// meets the rule in, what it sends the rule out; "" is none.
func (n *network) filter(t *testing.T, in, out string) {
	t.Helper()
	n.nft(t, "add table inet faults")
	for hook, rule := range map[string]string{"input": in, "output": out} {
		if rule == "" {
			continue
		}
		n.nft(t, fmt.Sprintf("add chain inet faults %s { type filter hook %[1]s priority 0; }", hook))
		n.nft(t, fmt.Sprintf("add rule inet faults %s %s", hook, rule))
	}
}

// dropped returns how many packets rules with counters have met.
func (n *network) dropped(t *testing.T) (packets int) {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", n.name, "nft", "list", "table", "inet", "faults").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, after := range strings.Split(string(out), "counter packets ")[1:] {
		var c int
		if _, err := fmt.Sscan(after, &c); err != nil {
			t.Fatalf("%q: %v", after, err)
		}
		packets += c
	}
	return packets
}

// heal takes the rules away.
func (n *network) heal(t *testing.T) {
	t.Helper()
	n.nft(t, "delete table inet faults")
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
