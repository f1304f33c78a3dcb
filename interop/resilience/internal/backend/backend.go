// Package backend has servers in processes of their own, which can be stopped,
// killed and told how to behave, and whose ledgers outlive them.
package backend

import (
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/resilience/internal/stack"
)

// A Config says what a server process is to be.
type Config struct {
	Stack     string
	Address   string
	Ledger    string // the directory
	Server    int    // its number
	Life      int    // how often it has been started
	Grace     time.Duration
	Options   stack.ServerOptions
	Behaviour Behaviour
}

// A Behaviour is how a server does its work. The zero value is at once and well.
type Behaviour struct {
	Delay    time.Duration // that every request takes
	Slow     float64       // the part of requests that take SlowDelay instead
	SlowTime time.Duration
	Fail     curlew.Code // what every request fails with; OK: none
	Capacity int         // requests worked at at once, others wait; 0: any number
}

// A Report is what a server tells of itself.
type Report struct {
	Listening time.Time   // since when
	Accepted  []time.Time // when connections came
	Running   int64       // requests under way
}

// A command is what a server is told; one field is set.
type command struct {
	Behave *Behaviour `json:",omitempty"`
	Report bool       `json:",omitempty"`
}
