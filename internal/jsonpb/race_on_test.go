//go:build race

package jsonpb_test

import "testing"

// raceOff skips a test that counts allocations, of which the race detector has its own.
func raceOff(t *testing.T) { t.Skip("the race detector allocates") }
