package resolve

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// Normalize checks an update and returns it in the form that policies and
// connections rely on: every endpoint has an ID that no other has, its addresses
// are distinct and in the order of RFC 8305, its weight is at least 1. Endpoints
// without an ID of their own and with the same addresses become one. The error
// names the endpoint at fault. Clients call it on every update; a resolver or a
// test may call it too.
func Normalize(u Update) (Update, error) {
	list := make([]Endpoint, 0, len(u.Endpoints))
	given := make(map[string]bool, len(u.Endpoints)) // ID to whether the source gave it
	for i, ep := range u.Endpoints {
		addrs, err := normalizeAddrs(ep.Addrs)
		if err != nil {
			return Update{}, fmt.Errorf("endpoint %d of %d (ID %q): %w", i+1, len(u.Endpoints), ep.ID, err)
		}
		own := ep.ID != ""
		if !own {
			ep.ID = addrsID(addrs)
		}
		if before, dup := given[ep.ID]; dup {
			if own || before {
				return Update{}, fmt.Errorf("endpoint %d of %d: another one has the ID %q too", i+1, len(u.Endpoints), ep.ID)
			}
			continue
		}
		given[ep.ID] = own
		ep.Addrs = addrs
		ep.Weight = max(ep.Weight, 1)
		list = append(list, ep)
	}
	u.Endpoints = list
	return u, nil
}

func normalizeAddrs(addrs []Addr) ([]Addr, error) {
	if len(addrs) == 0 {
		return nil, fmt.Errorf("it has no address; give at least one")
	}
	distinct := make([]Addr, 0, len(addrs))
	for _, a := range addrs {
		switch {
		case a.Address == "":
			return nil, fmt.Errorf("it has an empty address")
		case a.Network != "tcp" && a.Network != "unix":
			return nil, fmt.Errorf("address %q has the network %q; use tcp or unix", a.Address, a.Network)
		case a.Network == "tcp":
			if _, port, err := net.SplitHostPort(a.Address); err != nil || port == "" {
				return nil, fmt.Errorf("address %q is not host:port", a.Address)
			}
		}
		if !slices.Contains(distinct, a) {
			distinct = append(distinct, a)
		}
	}
	return Interleave(distinct, func(a Addr) Addr { return a }), nil
}

// addrsID is the identity of an endpoint that has no other: the unordered set of
// its addresses (gRFC A61).
func addrsID(addrs []Addr) string {
	if len(addrs) == 1 {
		return addrs[0].String()
	}
	texts := make([]string, len(addrs))
	for i, a := range addrs {
		texts[i] = a.String()
	}
	slices.Sort(texts)
	return strings.Join(texts, ",")
}

// Interleave returns list with the families of addresses taking turns, beginning
// with the family of the first, and the order within a family kept (RFC 8305 §4).
// A network that drops one family then costs one attempt, not half of them. addr
// tells the address of an item.
func Interleave[T any](list []T, addr func(T) Addr) []T {
	if len(list) < 2 {
		return list
	}
	var order []family
	byFamily := make(map[family][]T, 2)
	for _, item := range list {
		f := familyOf(addr(item))
		if byFamily[f] == nil {
			order = append(order, f)
		}
		byFamily[f] = append(byFamily[f], item)
	}
	if len(order) == 1 {
		return list
	}
	out := make([]T, 0, len(list))
	for i := 0; len(out) < len(list); i++ {
		for _, f := range order {
			if i < len(byFamily[f]) {
				out = append(out, byFamily[f][i])
			}
		}
	}
	return out
}

type family uint8

const (
	familyOther family = iota // names and sockets
	familyIPv4
	familyIPv6
)

func familyOf(a Addr) family {
	if a.Network != "tcp" {
		return familyOther
	}
	ap, err := netip.ParseAddrPort(a.Address)
	switch {
	case err != nil:
		return familyOther
	case ap.Addr().Unmap().Is4():
		return familyIPv4
	}
	return familyIPv6
}
