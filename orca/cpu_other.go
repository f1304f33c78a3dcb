//go:build !unix && !windows

package orca

import "time"

// processTime returns that the processor time is not known.
func processTime() (time.Duration, bool) { return 0, false }
