// Package resolve turns the name of a service into the endpoints that serve it.
//
// A Resolver watches a Target and pushes Updates, each the full state: who serves
// now, at which addresses, with which weight, priority and locality. The package
// has resolvers for DNS, for files, for unix sockets, for fixed lists and for addresses
// taken as they are; For chooses among them by a target's scheme. Others implement the
// one method of Resolver, and are tested with curlewtest.TestResolver. There is no
// registry: a resolver is handed to a client.
package resolve

import (
	"context"
	"fmt"
	"time"
)

// A Resolver finds and watches the endpoints of a target. One value may serve any
// number of clients at once.
type Resolver interface {
	// Watch pushes the endpoints of target, now and whenever they change, until
	// ctx ends; then it returns soon, and its result does not matter.
	//
	// It may return before. nil says that the last update stays true for good. An
	// error says that the source could not be read: what was pushed before stays in
	// force, calls that know no endpoint fail with the error, and Watch is called
	// again after a backoff that grows until an update comes. A resolver therefore
	// needs no retries of its own.
	//
	// hint gets a value when the endpoints known do not answer and a fresh look may
	// help. A resolver that is told of changes ignores it; one that asks should
	// limit how often it follows.
	//
	// push hands over an update and does not block. It returns an error, which says
	// what is wrong, when the update is refused; the one before then stays in force.
	// The client knows, so Watch may go on as if nothing had happened, but must not
	// push the same again at once. One call of push ends before the next begins, and
	// none comes after Watch has returned. Nothing of the update may be changed
	// afterwards.
	Watch(ctx context.Context, target Target, hint <-chan struct{}, push func(Update) error) error
}

// An Update is all that a resolver knows of a target; what it does not mention is gone.
type Update struct {
	// Endpoints serve the target, in the order of preference where a policy has
	// use for one. None is a valid answer: calls then fail until there is one. A
	// look-up that failed is not such an answer but an error of Watch.
	Endpoints []Endpoint

	// TTL is how long the source vouches for this, 0 when it does not say or tells
	// of changes by itself. It informs; asking again in time is up to the resolver.
	TTL time.Duration

	// ServiceConfig is what the service says of how to be called, in gRPC's JSON
	// (github.com/grpc/grpc/blob/master/doc/service_config.md); empty when it says
	// nothing. One that is wrong is refused, and push says so, but the endpoints are
	// taken over (gRFC A21).
	ServiceConfig string

	// Attrs are what else the source knows of the whole target.
	Attrs Attrs
}

// An Endpoint is one process that can take calls.
type Endpoint struct {
	// ID is what makes it the same endpoint in the next update: connections and
	// load counters stay with it. It may survive a change of addresses. Empty
	// means the set of its addresses.
	ID string

	// Addrs are the ways to reach this one process; several are tried in turn as
	// RFC 8305 says. At least one.
	Addrs []Addr

	// Weight is its share of the calls relative to others, for policies that
	// weigh. 0 counts as 1.
	Weight uint32

	// Priority is the group it belongs to, 0 the most preferred, for policies that
	// fail over.
	Priority int

	// Locality is where it runs.
	Locality Locality

	// Attrs are what else the source knows of it.
	Attrs Attrs
}

// An Addr is an address as package net dials it.
type Addr struct {
	Network string // "tcp" or "unix"
	Address string // "192.0.2.1:443", "[2001:db8::1]:443", "host:443", a path, or "@name" for an abstract socket
}

// String returns the address, with the network in front when it is not tcp.
func (a Addr) String() string {
	if a.Network == "tcp" {
		return a.Address
	}
	return a.Network + ":" + a.Address
}

// A Locality says where an endpoint runs, from large to small. Empty parts are unknown.
type Locality struct {
	Region, Zone, SubZone string
}

// String returns the parts with slashes between.
func (l Locality) String() string {
	return fmt.Sprintf("%s/%s/%s", l.Region, l.Zone, l.SubZone)
}
