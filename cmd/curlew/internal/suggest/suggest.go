// Package suggest finds what somebody may have meant by a name that does not exist.
package suggest

import (
	"fmt"
	"strings"
)

// most is how many names are suggested, and listed if none is near.
const (
	most   = 3
	listed = 12
)

// For returns a sentence that begins with "did you mean" and has the names that are
// nearest to name. If none is near it begins with what, for instance "services", and
// has them all, as far as they are few. It is empty if there are none.
func For(name, what string, names []string) string {
	if near := Near(name, names); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	switch n := len(names); {
	case n == 0:
		return ""
	case n > listed:
		return fmt.Sprintf("%s: %s, and %d more", what, strings.Join(names[:listed], ", "), n-listed)
	}
	return what + ": " + strings.Join(names, ", ")
}

// Near returns the names that are nearest to name, if any is near: several if they
// are equally so.
func Near(name string, names []string) []string {
	var nearest []string
	least := 0
	for _, n := range names {
		far, ok := distance(name, n)
		switch {
		case !ok || len(nearest) > 0 && far > least:
		case len(nearest) > 0 && far == least:
			nearest = append(nearest, n)
		default:
			nearest, least = []string{n}, far
		}
	}
	return nearest[:min(len(nearest), most)]
}

// distance returns how far b is from a, if it is near: by spelling, or in that its
// last part is the same.
func distance(a, b string) (int, bool) {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if last(a) == last(b) {
		return 0, true
	}
	plain := strings.NewReplacer("_", "", "-", "")
	far := edits([]rune(plain.Replace(a)), []rune(plain.Replace(b)))
	if near := max(1, min(len(a), len(b))/4); far <= near {
		return far, true
	}
	// A name without its package.
	far = edits([]rune(last(a)), []rune(last(b)))
	return far, far <= max(1, min(len(last(a)), len(last(b)))/4)
}

// last returns the part of a full name behind the last period.
func last(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// edits counts the letters to insert, delete, replace or swap with their neighbour
// that make b of a (the optimal string alignment distance).
func edits(a, b []rune) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, prev, row = prev, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := prev[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(prev[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
