//go:build !linux

package h2

import (
	"net"
	"time"
)

func (s *socket) stuck() bool { return false }

func (s *socket) acked() (bytes uint64, known bool) { return 0, false }

// SetUserTimeout is for Linux.
func SetUserTimeout(net.Conn, time.Duration) {}
