// Package retry decides whether a call may be made again, and when: it counts what
// retries and hedges cost the service (Throttle, Budget), and knows how long calls take
// (Latencies). It does no I/O, starts nothing and is told the time.
package retry
