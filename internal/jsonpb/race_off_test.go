//go:build !race

package jsonpb_test

import "testing"

// raceOff does nothing.
func raceOff(*testing.T) {}
