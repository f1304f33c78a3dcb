// Package limit decides how much work is taken on: a limit on concurrency that finds
// itself by the latencies it causes. It is arithmetic: time is an argument, and nothing
// waits.
package limit
