package balance

import (
	"math"
	"sync/atomic"
)

// A weighedBuilder collects pickers and their weights.
type weighedBuilder struct {
	pickers []Picker
	weights []float64
	total   float64
}

func (b *weighedBuilder) add(p Picker, weight float64) {
	b.pickers = append(b.pickers, p)
	b.weights = append(b.weights, weight)
	b.total += weight
}

// picker returns the picker that shares calls among those added, of which there must
// be one.
func (b *weighedBuilder) picker(seed uint64) Picker {
	if len(b.pickers) == 1 {
		return b.pickers[0]
	}
	p := &weighedPicker{pickers: b.pickers, upTo: make([]uint64, len(b.pickers))}
	sum := 0.0
	for i, w := range b.weights {
		sum += w / b.total
		if p.upTo[i] = math.MaxUint64; sum < 1 && i < len(b.weights)-1 {
			p.upTo[i] = uint64(sum * (1 << 63) * 2)
		}
	}
	p.at.Store(seed)
	return p
}

// A weighedPicker shares calls by weight. Where the next call falls moves on by the
// golden ratio of the whole range each time. That is as irregular as drawing it, but
// comes closest to the shares in any number of calls.
type weighedPicker struct {
	pickers []Picker
	upTo    []uint64 // where the part of each ends
	at      atomic.Uint64
}

const goldenRatio = 0x9e3779b97f4a7c15 // of 2^64

// Pick implements Picker.
func (p *weighedPicker) Pick(c *Call) Pick {
	at := p.at.Add(goldenRatio)
	i, j := 0, len(p.upTo)-1
	for i < j {
		if m := (i + j) / 2; at <= p.upTo[m] {
			j = m
		} else {
			i = m + 1
		}
	}
	first := p.pickers[i].Pick(c)
	if len(c.Tried) == 0 || first.Verdict != Use || !c.HasTried(first.Endpoint) {
		return first
	}
	for n := 1; n < len(p.pickers); n++ {
		other := p.pickers[(i+n)%len(p.pickers)].Pick(c)
		if other.Verdict == Use && !c.HasTried(other.Endpoint) {
			return other
		}
	}
	return first // all were tried
}
