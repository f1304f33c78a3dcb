// Package stats condenses the samples of several rounds.
package stats

import (
	"math"
	"slices"
)

// Summary is the middle and the spread of some samples.
type Summary struct {
	Median, Min, Max float64
	N                int
}

// Summarize condenses samples. Of none, all is NaN.
func Summarize(samples []float64) Summary {
	if len(samples) == 0 {
		return Summary{Median: math.NaN(), Min: math.NaN(), Max: math.NaN()}
	}
	return Summary{Median: Median(samples), Min: slices.Min(samples), Max: slices.Max(samples), N: len(samples)}
}

// Median returns the middle sample, the mean of the middle two of an even number,
// and NaN of none.
func Median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	n := len(sorted)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return sorted[n/2]
	default:
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
}

// MedianInterval returns between which samples the median of all that could have
// been taken lies, with a probability of 95 %, whatever their distribution. Fewer
// than six samples tell nothing: the result is NaN.
func MedianInterval(samples []float64) (low, high float64) {
	n := len(samples)
	if n < 6 {
		return math.NaN(), math.NaN()
	}
	sorted := slices.Sorted(slices.Values(samples))
	// The number of samples below the median is binomial, nearly normal.
	out := max(int(math.Floor((float64(n)-1.96*math.Sqrt(float64(n)))/2)), 0)
	return sorted[out], sorted[n-1-out]
}

// Quantile returns the sample that the share q of all samples does not exceed.
// The samples must be sorted.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	rank := int(math.Ceil(q*float64(len(sorted)))) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}

// Rounds are the samples of one subject by their round.
type Rounds map[int]float64

// Values returns the samples in the order of their rounds.
func (r Rounds) Values() []float64 {
	rounds := make([]int, 0, len(r))
	for round := range r {
		rounds = append(rounds, round)
	}
	slices.Sort(rounds)
	values := make([]float64, len(rounds))
	for i, round := range rounds {
		values[i] = r[round]
	}
	return values
}

// Ratios divides, round by round, one subject's sample by another's. What happens
// to the machine between two rounds then touches no ratio. Rounds that either
// lacks are left out.
func Ratios(of, to Rounds) Rounds {
	ratios := Rounds{}
	for round, a := range of {
		if b, ok := to[round]; ok && b != 0 {
			ratios[round] = a / b
		}
	}
	return ratios
}

// Least returns, round by round, the smallest sample of several subjects.
func Least(subjects ...Rounds) Rounds {
	least := Rounds{}
	for _, samples := range subjects {
		for round, value := range samples {
			if known, ok := least[round]; !ok || value < known {
				least[round] = value
			}
		}
	}
	return least
}
