package resolve

import (
	"context"
	"fmt"
)

// For returns the resolver of this package for the scheme of t, with its default
// settings. The error tells a scheme that it does not know.
func For(t Target) (Resolver, error) {
	switch t.Scheme {
	case "dns", "srv":
		return DNS(DNSConfig{}), nil
	case "file":
		return File(FileConfig{}), nil
	case "unix", "unix-abstract":
		return Unix(), nil
	case "passthrough":
		return Passthrough(), nil
	case "static", "ipv4", "ipv6":
		return list{}, nil
	}
	return nil, fmt.Errorf("target %q: no resolver is built in for the scheme %q; give the client one, or write dns:///host:port", t, t.Scheme)
}

// Static returns a resolver that gives every target these endpoints.
func Static(endpoints ...Endpoint) Resolver { return static(endpoints) }

type static []Endpoint

func (s static) Watch(_ context.Context, _ Target, _ <-chan struct{}, push func(Update) error) error {
	return push(Update{Endpoints: s})
}

// Passthrough returns a resolver that takes the target's endpoint for an address:
// one endpoint, whose name the system's dialer resolves at every connection.
func Passthrough() Resolver { return passthrough{} }

type passthrough struct{}

func (passthrough) Watch(_ context.Context, t Target, _ <-chan struct{}, push func(Update) error) error {
	return push(Update{Endpoints: []Endpoint{{Addrs: []Addr{{Network: "tcp", Address: t.Endpoint}}}}})
}

// Unix returns the resolver of the schemes unix and unix-abstract: one endpoint,
// the socket that the target names.
func Unix() Resolver { return unix{} }

type unix struct{}

func (unix) Watch(_ context.Context, t Target, _ <-chan struct{}, push func(Update) error) error {
	path := t.Endpoint
	if t.Scheme == "unix-abstract" {
		path = "@" + path // how package net writes it
	}
	return push(Update{Endpoints: []Endpoint{{Addrs: []Addr{{Network: "unix", Address: path}}}}})
}

// list resolves static, ipv4 and ipv6: every address is an endpoint.
type list struct{}

func (list) Watch(_ context.Context, t Target, _ <-chan struct{}, push func(Update) error) error {
	addrs, err := t.list()
	if err != nil {
		return err
	}
	var u Update
	for _, a := range addrs {
		u.Endpoints = append(u.Endpoints, Endpoint{Addrs: []Addr{a}})
	}
	return push(u)
}
