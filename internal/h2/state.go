package h2

// A state is that of one stream, RFC 9113 §5.1. Streams are made when they
// leave idle, and there is no server push, so reserved does not occur:
//
//	          HEADERS
//	(idle) -------------> open
//	                     /    \
//	     we end (or send      the peer ends
//	      END_STREAM)   /      \
//	         halfClosedLocal  halfClosedRemote
//	                    \      /
//	    the peer ends    \    /   we end
//	                     closed  <----- RST_STREAM of either side, from any state
type state uint8

const (
	open state = iota
	halfClosedLocal
	halfClosedRemote
	closed
)

// endLocal is the state after we sent END_STREAM.
func (st state) endLocal() state {
	switch st {
	case open:
		return halfClosedLocal
	case halfClosedRemote:
		return closed
	}
	return st
}

// endRemote is the state after the peer sent END_STREAM.
func (st state) endRemote() state {
	switch st {
	case open:
		return halfClosedRemote
	case halfClosedLocal:
		return closed
	}
	return st
}

// maySend reports whether we may send HEADERS and DATA.
func (st state) maySend() bool { return st == open || st == halfClosedRemote }

// mayReceive reports whether the peer may send HEADERS and DATA.
func (st state) mayReceive() bool { return st == open || st == halfClosedLocal }
