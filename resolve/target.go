package resolve

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// A Target is the parsed name of what a client calls.
type Target struct {
	// Scheme chooses the resolver: "dns", "unix", "passthrough", ...
	Scheme string

	// Authority is what stands between "//" and the next "/": for dns and srv the
	// server to ask, for schemes of others whatever they say. Usually empty.
	Authority string

	// Endpoint is the rest, taken literally: "users.internal:8080", "/run/x.sock".
	Endpoint string
}

// schemes are those that need no "//": without the list "localhost:8080" could not
// be told from a scheme and its endpoint. srv is not among them, nor is file before
// a number: hosts may be called so.
var schemes = map[string]bool{
	"dns": true, "unix": true, "unix-abstract": true, "passthrough": true,
	"static": true, "ipv4": true, "ipv6": true, "file": true,
}

// ParseTarget parses the name of a service:
//
//	users.internal:8080              the same as dns:///users.internal:8080
//	dns:///users.internal:8080       all addresses of the name; without a port 443
//	dns://192.0.2.53/users.internal  the same, asking this server
//	srv:///_grpc._tcp.users.internal hosts, ports, priorities and weights of SRV records
//	unix:/run/users.sock             a unix socket; also unix:relative and unix:///absolute
//	unix-abstract:users              a socket in Linux's abstract namespace
//	passthrough:///users:8080        one endpoint; the system's dialer resolves the name
//	static:///a:8080,b:8080          a fixed list of such endpoints
//	ipv4:192.0.2.1:8080,192.0.2.2    a fixed list of addresses, port 443 where none is given
//	ipv6:[2001:db8::1]:8080          likewise
//	file:///etc/users.json           what a JSON file says, see File; also file:relative
//	any://authority/endpoint         for a resolver of one's own
//
// Nothing is unescaped. The error says what is wrong and what to write instead.
func ParseTarget(s string) (Target, error) {
	t, err := splitTarget(s)
	if err == nil {
		err = t.check()
	}
	if err != nil {
		return Target{}, fmt.Errorf("target %q: %w", s, err)
	}
	return t, nil
}

// splitTarget finds the scheme. See gRPC's doc/naming.md.
func splitTarget(s string) (Target, error) {
	if s == "" {
		return Target{}, fmt.Errorf("it is empty; write host:port, for example localhost:8080")
	}
	if i := strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }); i >= 0 {
		return Target{}, fmt.Errorf("it has a space or control character at offset %d", i)
	}
	scheme, rest, found := strings.Cut(s, ":")
	switch {
	case found && strings.HasPrefix(rest, "//"):
		if !validScheme(scheme) {
			return Target{}, fmt.Errorf("%q is not a scheme; write dns:///host:port", scheme)
		}
		scheme = strings.ToLower(scheme)
		authority, endpoint, slash := strings.Cut(rest[2:], "/")
		switch {
		case scheme == "http" || scheme == "https":
			return Target{}, fmt.Errorf("it is a URL; write dns:///%s: a client calls a host and port, and its options choose TLS", authority)
		case !slash:
			return Target{}, fmt.Errorf("nothing follows the authority %q; write %s:///%s with three slashes", authority, scheme, authority)
		case scheme == "unix" || scheme == "file":
			endpoint = "/" + endpoint // unix:///run/x.sock is an absolute path
		}
		return Target{Scheme: scheme, Authority: authority, Endpoint: endpoint}, nil
	case found && schemes[strings.ToLower(scheme)] && !isHostNamed("file", scheme, rest):
		return Target{Scheme: strings.ToLower(scheme), Endpoint: rest}, nil
	case strings.HasPrefix(s, "/") || strings.HasPrefix(s, "./") || strings.HasPrefix(s, "../"):
		return Target{}, fmt.Errorf("it is a path; write unix:%s to call a unix socket", s)
	case strings.HasPrefix(s, "@"):
		return Target{}, fmt.Errorf("write unix-abstract:%s to call an abstract unix socket", s[1:])
	}
	return Target{Scheme: "dns", Endpoint: s}, nil
}

// isHostNamed reports whether "scheme:rest" is a port of the host of that name.
func isHostNamed(host, scheme, rest string) bool {
	return strings.EqualFold(scheme, host) && rest != "" && strings.Trim(rest, "0123456789") == ""
}

// validScheme is RFC 3986 §3.1.
func validScheme(s string) bool {
	for i, r := range s {
		letter := 'a' <= r|0x20 && r|0x20 <= 'z'
		other := '0' <= r && r <= '9' || r == '+' || r == '-' || r == '.'
		if !letter && (i == 0 || !other) {
			return false
		}
	}
	return s != ""
}

// check applies the rules of the schemes known here; those of others are theirs.
func (t Target) check() error {
	path := t.Scheme == "unix" || t.Scheme == "file"
	if t.Endpoint == "" || path && t.Endpoint == "/" {
		return fmt.Errorf("nothing follows the scheme %s", t.Scheme)
	}
	if t.Authority != "" && schemes[t.Scheme] && t.Scheme != "dns" {
		return fmt.Errorf("%s takes no authority (%q); write %s:///%s/%s with three slashes",
			t.Scheme, t.Authority, t.Scheme, t.Authority, strings.TrimPrefix(t.Endpoint, "/"))
	}
	var err error
	switch t.Scheme {
	case "dns", "srv":
		if t.Scheme == "srv" {
			err = checkService(t.Endpoint)
		} else {
			_, _, err = splitHostPort(t.Endpoint)
		}
		if err == nil && t.Authority != "" {
			_, _, err = splitHostPort(t.Authority)
		}
	case "unix":
		err = checkSocketPath(t.Endpoint)
	case "unix-abstract":
		err = checkSocketPath("@" + t.Endpoint)
	case "passthrough":
		err = t.checkPassthrough()
	case "static", "ipv4", "ipv6":
		_, err = t.list()
	}
	return err
}

func (t Target) checkPassthrough() error {
	_, port, err := splitHostPort(t.Endpoint)
	if err == nil && port == "" {
		err = fmt.Errorf("it needs a port; write passthrough:///%s:443", t.Endpoint)
	}
	return err
}

// checkService refuses what cannot be the name of SRV records.
func checkService(name string) error {
	host, port, err := splitHostPort(name)
	_, notAddr := netip.ParseAddr(host)
	switch {
	case err != nil:
		return err
	case port != "":
		return fmt.Errorf("SRV records say the port themselves; write srv:///%s", host)
	case notAddr == nil:
		return fmt.Errorf("%s is an address, which has no SRV records; write dns:///%s", host, name)
	case serviceDomain(name) == "":
		return fmt.Errorf("%q names no domain; write srv:///%s.example.com", name, strings.TrimSuffix(name, "."))
	}
	return nil
}

// serviceDomain returns the domain in the name of SRV records, "users.internal" in
// "_grpc._tcp.users.internal" (RFC 2782): it is what calls are made to and what a
// certificate proves.
func serviceDomain(name string) string {
	for strings.HasPrefix(name, "_") {
		_, name, _ = strings.Cut(name, ".")
	}
	return name
}

// checkSocketPath refuses what no sockaddr_un can hold, which the system would
// report as a bare "invalid argument".
func checkSocketPath(path string) error {
	const limit = 107 // sun_path of Linux less the closing zero
	if len(path) > limit {
		return fmt.Errorf("the socket's path has %d bytes; the system allows %d", len(path), limit)
	}
	return nil
}

// list returns the addresses of the schemes that hold a comma-separated list.
func (t Target) list() ([]Addr, error) {
	var addrs []Addr
	for item := range strings.SplitSeq(t.Endpoint, ",") {
		host, port, err := splitHostPort(item)
		if err != nil {
			return nil, err
		}
		if t.Scheme == "static" && port == "" {
			return nil, fmt.Errorf("%q needs a port; write %s:443", item, item)
		}
		if t.Scheme != "static" {
			addr, err := netip.ParseAddr(host)
			if err != nil || addr.Is4() != (t.Scheme == "ipv4") {
				return nil, fmt.Errorf("%q is not an address of the scheme %s; for names use dns:/// or static:///", host, t.Scheme)
			}
		}
		if port == "" {
			port = defaultPort
		}
		addrs = append(addrs, Addr{Network: "tcp", Address: net.JoinHostPort(host, port)})
	}
	return addrs, nil
}

// String returns the target in a form that ParseTarget reads back.
func (t Target) String() string {
	switch t.Scheme {
	case "unix", "unix-abstract", "ipv4", "ipv6", "file":
		return t.Scheme + ":" + t.Endpoint
	}
	return t.Scheme + "://" + t.Authority + "/" + t.Endpoint
}

// HostPort returns what a request says in its ":authority": host and port as the
// target names them, the first of a list, the domain of SRV records without the
// service ("users.internal"), "localhost" for unix sockets and files.
func (t Target) HostPort() string {
	switch t.Scheme {
	case "unix", "unix-abstract", "file":
		return "localhost" // gRPC's custom; a path is no valid authority (RFC 3986 §3.2)
	case "srv":
		return publicHostPort(serviceDomain(t.Endpoint))
	case "static", "ipv4", "ipv6":
		first, _, _ := strings.Cut(t.Endpoint, ",")
		return publicHostPort(first)
	}
	return publicHostPort(t.Endpoint)
}

// ServerName returns the host alone, without port or brackets: what TLS asks the
// server to prove (crypto/tls.Config.ServerName).
func (t Target) ServerName() string {
	hostPort := t.HostPort()
	if host, _, err := splitHostPort(hostPort); err == nil {
		return host
	}
	return hostPort
}
