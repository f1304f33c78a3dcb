package balance

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"
)

// A ring is a circle of hashes, some for each endpoint. It is never changed once made.
type ring []ringPoint

type ringPoint struct {
	hash uint64
	of   int32 // index of the endpoint
}

// A ringItem is what an endpoint's places on the ring depend on.
type ringItem struct {
	ref    Ref
	key    string
	weight float64
}

// newRing gives each item as many points as its weight is of all. The size is such
// that the item with the least weight has a whole number of points, at least minSize
// and at most maxSize (gRFC A42). Beyond that some items have none.
//
// Which points they are depends on keys and weights alone and not on their order, so
// that all clients that know the same endpoints agree.
func newRing(items []ringItem, minSize, maxSize int) ring {
	order := make([]int32, len(items))
	sum, least := 0.0, math.Inf(1)
	for i, item := range items {
		order[i] = int32(i)
		sum += item.weight
		least = min(least, item.weight)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(items[a].key, items[b].key) })
	least /= sum
	size := min(math.Ceil(least*float64(minSize))/least, float64(maxSize))
	r := make(ring, 0, int(math.Ceil(size)))
	var text []byte
	target := 0.0
	for _, of := range order {
		item := &items[of]
		text = append(append(text[:0], item.key...), '_')
		prefix := len(text)
		target += size * item.weight / sum
		for i := 0; float64(len(r)) < target && len(r) < cap(r); i++ {
			text = strconv.AppendInt(text[:prefix], int64(i), 10)
			r = append(r, ringPoint{xxHash64(text, 0), of})
		}
	}
	slices.SortStableFunc(r, func(a, b ringPoint) int { return cmp.Compare(a.hash, b.hash) })
	return r
}

// start returns the index of the first point that is not before hash.
func (r ring) start(hash uint64) int {
	i := sort.Search(len(r), func(i int) bool { return r[i].hash >= hash })
	if i == len(r) {
		return 0
	}
	return i
}
