package grpc

import (
	"iter"
	"strings"
)

// Identity names the absence of compression.
const Identity = "identity"

// Accepts reports whether the comma-separated list of a grpc-accept-encoding
// field contains name. Blanks, empty elements, letter case and parameters are
// tolerated, and q=0 means no (RFC 9110 §12.4.2). Identity is always accepted
// (doc/compression.md). It does not allocate.
func Accepts(list, name string) bool {
	if name == Identity {
		return true
	}
	if name == "" {
		return false
	}
	for {
		element, rest, more := strings.Cut(list, ",")
		element, parameters, _ := strings.Cut(element, ";")
		if EqualFold(TrimValue(element), name) {
			return !refused(parameters)
		}
		if !more {
			return false
		}
		list = rest
	}
}

// Listed yields the names of a comma-separated list as that of an accept-encoding
// field, in its order and in lower case: those that q=0 refuses are left out, other
// weights are not looked at.
func Listed(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for more := true; more; {
			var element string
			element, list, more = strings.Cut(list, ",")
			name, parameters, _ := strings.Cut(element, ";")
			if name = TrimValue(name); name == "" || refused(parameters) {
				continue
			}
			if !yield(strings.ToLower(name)) {
				return
			}
		}
	}
}

// refused reports whether the parameters have a weight of zero.
func refused(parameters string) bool {
	for more := true; more; {
		var parameter string
		parameter, parameters, more = strings.Cut(parameters, ";")
		key, weight, _ := strings.Cut(parameter, "=")
		if EqualFold(TrimValue(key), "q") {
			weight = TrimValue(weight)
			return weight != "" && strings.Trim(weight, "0.") == ""
		}
	}
	return false
}
