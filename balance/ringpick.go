package balance

import "sync/atomic"

// An rhPicker walks around the ring.
type rhPicker struct {
	ring   ring
	views  []View
	header string
	random func() uint64
	failed bool // all of them
	sought *atomic.Uint64
}

// Pick implements Picker.
func (p *rhPicker) Pick(c *Call) Pick {
	value := ""
	if p.header != "" && c.Header != nil {
		value = c.Header.Get(p.header)
	}
	if value == "" {
		return p.any(c, p.ring.start(p.random()))
	}
	first := p.ring.start(xxHash64(value, 0))
	if p.failed {
		return p.fail(first)
	}
	if len(c.Tried) > 0 {
		if pick, ok := p.walk(first, c); ok {
			return pick
		}
	}
	if pick, ok := p.walk(first, &Call{}); ok {
		return pick
	}
	return p.fail(first)
}

// walk returns what becomes of a call whose place on the ring is first, if there is an
// endpoint that has not failed and that the call has not tried.
func (p *rhPicker) walk(first int, c *Call) (Pick, bool) {
	for i := range p.ring {
		v := p.view(first + i)
		switch {
		case v.State == TransientFailure || c.HasTried(v.Ref):
		case v.State == Ready:
			return Pick{Verdict: Use, Endpoint: v.Ref}, true
		case v.State == Idle:
			return Pick{Verdict: Queue, Endpoint: v.Ref}, true // and connect it
		default:
			return Pick{Verdict: Queue}, true
		}
	}
	return Pick{}, false
}

// any returns what becomes of a call to any endpoint: it takes the next that is ready
// and makes known that it passed over one that is idle (gRFC A76).
func (p *rhPicker) any(c *Call, first int) Pick {
	var ready, idle Ref
	waits := false
	for i := range p.ring {
		v := p.view(first + i)
		switch v.State {
		case Ready:
			if len(c.Tried) > 0 && c.HasTried(v.Ref) {
				if ready == 0 {
					ready = v.Ref // unless there is another
				}
				continue
			}
			p.seek(idle)
			return Pick{Verdict: Use, Endpoint: v.Ref}
		case TransientFailure:
		case Idle:
			if idle == 0 {
				idle = v.Ref
			}
			waits = true
		default:
			waits = true
		}
	}
	switch {
	case ready != 0:
		p.seek(idle)
		return Pick{Verdict: Use, Endpoint: ready}
	case waits:
		return Pick{Verdict: Queue, Endpoint: idle}
	}
	return p.fail(first)
}

// seek asks for an endpoint to be connected, if none is being asked for.
func (p *rhPicker) seek(idle Ref) {
	if idle != 0 && p.sought.Load() == 0 {
		p.sought.CompareAndSwap(0, uint64(idle))
	}
}

// fail fails a call with the reason of the endpoint that it would go to.
func (p *rhPicker) fail(first int) Pick {
	err := p.view(first).Err
	if err == nil {
		err = errNoEndpoints
	}
	return Pick{Verdict: Fail, Err: err}
}

func (p *rhPicker) view(point int) *View {
	if point >= len(p.ring) {
		point -= len(p.ring)
	}
	return &p.views[p.ring[point].of]
}
