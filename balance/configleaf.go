package balance

import (
	"cmp"
	"math"
	"strings"

	"github.com/curlew-rpc/curlew/internal/jsonfield"
)

func readPickFirst(_ configReader, o jsonfield.Object) Policy {
	if o.Field("shuffleAddressList").Bool(false) {
		return ShuffledPickFirst()
	}
	return PickFirst()
}

func readRoundRobin(configReader, jsonfield.Object) Policy { return RoundRobin() }

func readRandom(configReader, jsonfield.Object) Policy { return Random() }

func readLeastRequest(_ configReader, o jsonfield.Object) Policy {
	// More than 10 count as 10 (gRFC A48).
	choices := min(o.Field("choiceCount").Int(0, 2, math.MaxInt), 10)
	return LeastRequest(LeastRequestConfig{Choices: choices})
}

func readPeakEWMA(_ configReader, o jsonfield.Object) Policy {
	return PeakEWMA(PeakEWMAConfig{Decay: o.Field("decay").Positive(0)})
}

func readWeightedRoundRobin(_ configReader, o jsonfield.Object) Policy {
	c := WeightedRoundRobinConfig{
		OutOfBand:        o.Field("enableOobLoadReport").Bool(false),
		ReportPeriod:     o.Field("oobReportingPeriod").NotNegative(0),
		BlackoutPeriod:   explicit(o.Field("blackoutPeriod"), jsonfield.Value.NotNegative),
		ExpirationPeriod: explicit(o.Field("weightExpirationPeriod"), jsonfield.Value.NotNegative),
		UpdatePeriod:     explicit(o.Field("weightUpdatePeriod"), jsonfield.Value.NotNegative),
	}
	if v := o.Field("errorUtilizationPenalty"); !v.Absent() {
		switch c.ErrorPenalty = v.Float(1); {
		case c.ErrorPenalty < 0:
			v.Refuse("it must not be negative")
		case c.ErrorPenalty == 0:
			c.ErrorPenalty = -1
		}
	}
	for _, v := range o.Field("metricNamesForComputingUtilization").List() {
		c.MetricNames = append(c.MetricNames, v.String(""))
	}
	return WeightedRoundRobin(c)
}

// readRingHash refuses what gRFC A42 does, sizes above 8Mi and contradictory ones,
// although no ring becomes larger than maxRing.
func readRingHash(_ configReader, o jsonfield.Object) Policy {
	const most = 8 << 20
	smallest, largest := o.Field("minRingSize"), o.Field("maxRingSize")
	c := RingHashConfig{MinSize: smallest.Int(0, 0, most), MaxSize: largest.Int(0, 0, most)}
	low, high := cmp.Or(c.MinSize, 1024), cmp.Or(c.MaxSize, maxRing)
	switch {
	case low > high && c.MinSize != 0:
		smallest.Refuse("it must not be more than maxRingSize, which is %d", high)
	case low > high:
		largest.Refuse("it must not be less than minRingSize, which is %d", low)
	}
	header := o.Field("requestHashHeader")
	c.Header = strings.ToLower(header.String(""))
	switch {
	case strings.TrimLeft(c.Header, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "":
		header.Refuse("it must be the name of a header field: letters, digits, and any of -_.")
	case strings.HasSuffix(c.Header, "-bin"):
		header.Refuse("it must not end in -bin: what is hashed is text")
	}
	return RingHash(c)
}
