// Package netns makes networks for tests: a network namespace, joined with this
// process's own network by a pair of virtual interfaces between which packets can be
// dropped.
package netns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
)

// A Network is a network namespace and the interfaces.
type Network struct {
	Name string // of the namespace
	Near string // the interface on this side
	Far  string // the one within
	Addr string // the address within
}

var networks atomic.Int32 // made by this process

// New makes a network. The error says why none can be made here.
func New() (*Network, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("only root may make network namespaces")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%s is not installed (Debian: iproute2, nftables)", tool)
		}
	}
	pid, number := os.Getpid(), int(networks.Add(1))
	n := &Network{Name: fmt.Sprintf("curlew-%d-%d", pid, number)}
	n.Near = fmt.Sprintf("cw%da%d", pid%1_000_000, number)
	n.Far = fmt.Sprintf("cw%db%d", pid%1_000_000, number)
	// 198.18.0.0/15 is for tests of networks, RFC 2544.
	subnet := fmt.Sprintf("198.%d.%d.", 18+pid/256%2, pid%256)
	n.Addr = fmt.Sprint(subnet, 4*number+2)
	if err := Run("ip", "netns", "add", n.Name); err != nil {
		return nil, fmt.Errorf("no network namespace can be made here: %w", err)
	}
	for _, command := range [][]string{
		{"ip", "link", "add", n.Near, "type", "veth", "peer", "name", n.Far, "netns", n.Name},
		{"ip", "address", "add", fmt.Sprint(subnet, 4*number+1, "/30"), "dev", n.Near},
		{"ip", "link", "set", n.Near, "up"},
		{"ip", "-n", n.Name, "address", "add", n.Addr + "/30", "dev", n.Far},
		{"ip", "-n", n.Name, "link", "set", n.Far, "up"},
	} {
		if err := Run(command...); err != nil {
			n.Close()
			return nil, err
		}
	}
	return n, nil
}

// Run runs a command, and returns what it said if it fails.
func Run(command ...string) error {
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, out)
	}
	return nil
}

// Exec returns the words of a command that runs another one within.
func (n *Network) Exec() []string { return []string{"ip", "netns", "exec", n.Name} }

// Close takes the network away, the interfaces too.
func (n *Network) Close() error { return Run("ip", "netns", "delete", n.Name) }

// Filter has rules of nftables stand between the namespace and its network: what it
// receives meets the rule in, what it sends the rule out; "" is none.
func (n *Network) Filter(in, out string) error {
	if err := n.nft("add table inet faults"); err != nil {
		return err
	}
	for hook, rule := range map[string]string{"input": in, "output": out} {
		if rule == "" {
			continue
		}
		if err := n.nft(fmt.Sprintf("add chain inet faults %s { type filter hook %[1]s priority 0; }", hook)); err != nil {
			return err
		}
		if err := n.nft(fmt.Sprintf("add rule inet faults %s %s", hook, rule)); err != nil {
			return err
		}
	}
	return nil
}

// Heal takes the rules away.
func (n *Network) Heal() error { return n.nft("delete table inet faults") }

// Dropped returns how many packets rules with counters have met.
func (n *Network) Dropped() (packets int, err error) {
	command := append(n.Exec(), "nft", "list", "table", "inet", "faults")
	out, err := exec.Command(command[0], command[1:]...).Output()
	if err != nil {
		return 0, err
	}
	for _, after := range strings.Split(string(out), "counter packets ")[1:] {
		var c int
		if _, err := fmt.Sscan(after, &c); err != nil {
			return 0, fmt.Errorf("%q: %w", after, err)
		}
		packets += c
	}
	return packets, nil
}

func (n *Network) nft(command string) error {
	return Run(append(n.Exec(), "nft", command)...)
}
