package resolve

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// defaultPort is that of gRPC's naming, https.
const defaultPort = "443"

// maxName is the longest name that DNS knows, as text without the last dot
// (RFC 1035 §2.3.4: 255 octets on the wire).
const maxName = 253

// splitHostPort splits "host", "host:port", "[v6]", "[v6]:port" and a bare "v6".
// The port is empty when there is none.
func splitHostPort(s string) (host, port string, err error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Is6() {
		return s, "", nil
	}
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		host = s[1 : len(s)-1]
	} else if !strings.Contains(s, ":") {
		host = s
	} else {
		host, port, err = net.SplitHostPort(s)
		switch {
		case err != nil:
			return "", "", fmt.Errorf("%q is not host:port; an IPv6 address needs brackets, [2001:db8::1]:443", s)
		case port == "":
			return "", "", fmt.Errorf("the port after %q is missing; write %s:443, or leave the colon out", s, host)
		}
	}
	if strings.HasPrefix(s, "[") {
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() {
			return "", "", fmt.Errorf("%q in brackets is not an IPv6 address", host)
		}
	}
	if host == "" {
		return "", "", fmt.Errorf("the host before %q is missing; write localhost%s to call this machine", s, s)
	}
	if strings.ContainsAny(host, "/@,") {
		return "", "", fmt.Errorf("%q is not a host name; write host:port", host)
	}
	if n := len(strings.TrimSuffix(host, ".")); n > maxName {
		return "", "", fmt.Errorf("the host name has %d bytes; DNS allows %d", n, maxName)
	}
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return "", "", fmt.Errorf("port %q is not a number from 1 to 65535", port)
	}
	return host, port, nil
}

// publicHostPort puts an IPv6 address in brackets and drops its zone, which says
// something to this machine only (RFC 6874 §1).
func publicHostPort(s string) string {
	host, port, err := splitHostPort(s)
	if err != nil {
		return s // of a scheme with rules of its own
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + addr.WithZone("").String() + "]"
	}
	if port == "" {
		return host
	}
	return host + ":" + port
}
