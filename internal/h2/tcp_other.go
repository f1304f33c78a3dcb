//go:build !linux

package h2

import (
	"net"
	"time"
)

func (s *socket) stuck() bool { return false }

// SetUserTimeout is for Linux.
func SetUserTimeout(net.Conn, time.Duration) {}
