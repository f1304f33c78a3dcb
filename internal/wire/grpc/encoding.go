package grpc

import "strings"

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
		if equalFold(TrimValue(element), name) {
			return !refused(parameters)
		}
		if !more {
			return false
		}
		list = rest
	}
}

// refused reports whether the parameters have a weight of zero.
func refused(parameters string) bool {
	for more := true; more; {
		var parameter string
		parameter, parameters, more = strings.Cut(parameters, ";")
		key, weight, _ := strings.Cut(parameter, "=")
		if equalFold(TrimValue(key), "q") {
			weight = TrimValue(weight)
			return weight != "" && strings.Trim(weight, "0.") == ""
		}
	}
	return false
}
