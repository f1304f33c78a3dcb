// Package connect makes the clients of commands that call servers: it reads their
// options, finds out how to reach a server and explains why it cannot be reached.
package connect

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/curlew-rpc/curlew/resolve"
)

// Security says whether TLS is used.
type Security int

const (
	// Unsaid: cleartext on this machine, TLS to others.
	Unsaid Security = iota
	// Cleartext: no TLS.
	Cleartext
	// TLS: only TLS.
	TLS
)

// A Target is what a command line names.
type Target struct {
	// Name is what curlew.NewClient takes.
	Name string
	// Security is what the target says by itself: Unsaid, unless it is a URL.
	Security Security
	// Path is the path of a URL without the first slash, for instance
	// "demo.orders.v1.Orders/GetOrder".
	Path string
	// Local is true for an address of this machine.
	Local bool
}

// ParseTarget reads "host:port", "http://host:port/package.Service/Method" (with or
// without the scheme), "unix:path" and the other targets of resolve.ParseTarget.
func ParseTarget(s string) (Target, error) {
	t := Target{Name: s}
	scheme, rest, isURL := strings.Cut(s, "://")
	switch strings.ToLower(scheme) {
	case "http":
		t.Security = Cleartext
	case "https":
		t.Security = TLS
	default:
		isURL = false
	}
	if isURL {
		var host string
		host, t.Path, _ = strings.Cut(rest, "/")
		if host == "" || strings.ContainsAny(host, "@?#") || strings.ContainsAny(t.Path, "?#") {
			return Target{}, fmt.Errorf("%q: write http://host:port or https://host:port", s)
		}
		t.Name = withPort(host, t.Security)
	}
	if host, path, found := strings.Cut(s, "/"); found && !isURL && strings.Contains(path, "/") && isHostPort(host) {
		t.Name, t.Path = host, path // a URL without its scheme
	}
	parsed, err := resolve.ParseTarget(t.Name)
	if err != nil {
		return Target{}, err
	}
	t.Local = isLocal(parsed)
	return t, nil
}

func isHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	scheme := host == "unix" || host == "file" // "unix:a/b/c" is a path
	return err == nil && port != "" && !scheme
}

// withPort gives a URL's host the port that it stands for.
func withPort(host string, s Security) string {
	if isHostPort(host) {
		return host
	}
	host = strings.TrimSuffix(host, ":")
	port := "80"
	if s == TLS {
		port = "443"
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// isLocal reports whether what is sent does not leave the machine.
func isLocal(t resolve.Target) bool {
	switch t.Scheme {
	case "unix", "unix-abstract":
		return true
	case "file", "srv":
		return false // the addresses are yet to be read
	}
	name := t.ServerName()
	if name == "localhost" || strings.HasSuffix(name, ".localhost") { // RFC 6761 §6.3
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.IsLoopback()
}
