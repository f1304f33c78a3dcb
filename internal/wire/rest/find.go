package rest

import "strings"

// A Result says how a search ended.
type Result uint8

const (
	NotFound  Result = iota // no template matches the path
	Found                   // Match.Value is what was registered
	WrongVerb               // templates match the path, but not for the verb
	BadPath                 // the path has no leading slash, or an escape that is none
)

// A Match is what [Router.Find] found.
type Match[T any] struct {
	Result Result
	Value  T
	// Vars are the values of the template's variables, in its order. They need not be
	// UTF-8, as escapes can be of any octet.
	Vars []string
	// Allow has the verbs that the path is known for if the result is WrongVerb, sorted:
	// what the field allow of a response with status 405 lists.
	Allow []string
}

// Find looks for what is registered for a verb and a path, which has no query. Vars is
// space for the values of variables; what it holds is overwritten.
//
// Among the templates that match for the verb, the first different segment decides:
// literals come before *, and * before **; a template that ends comes before one that
// goes on with **, and the more segments follow a **, the earlier it comes. HEAD takes what GET does if it has nothing of its own. The part of
// the last segment behind its last colon is a verb if any template has that verb,
// and with it a template that does; else it is part of the segment.
//
// The path is split before it is decoded, so an escaped slash or colon separates
// nothing. Segments are neither cleaned nor merged: "/a" and "/a/" are different paths,
// a * matches no empty segment, and "." and ".." are segments as others, which nothing
// matches but wildcards: what takes values for names of files must look at them.
// Values are decoded, those of Multi variables but for escaped slashes.
//
// Find allocates for values with escapes only, and for those for which vars has no room.
func (r *Router[T]) Find(method, path string, vars []string) Match[T] {
	if path == "" || path[0] != '/' || !validEscapes(path) {
		return Match[T]{Result: BadPath}
	}
	before, verb := r.splitVerb(path)
	if verb != "" {
		if e := r.root.find(start(before), method, verb); e != nil {
			return Match[T]{Result: Found, Value: e.value, Vars: e.template.capture(vars[:0], before)}
		}
	}
	if e := r.root.find(start(path), method, ""); e != nil {
		return Match[T]{Result: Found, Value: e.value, Vars: e.template.capture(vars[:0], path)}
	}
	var allow []string
	if verb != "" {
		allow = r.root.allow(allow, start(before), verb)
	}
	if allow = r.root.allow(allow, start(path), ""); allow != nil {
		return Match[T]{Result: WrongVerb, Allow: allow}
	}
	return Match[T]{}
}

// start returns what the root has to match of a path: "/" has no segment.
func start(path string) string {
	if path == "/" {
		return ""
	}
	return path
}

// splitVerb splits a path before its verb, which is "" if it ends with none that a
// template has.
func (r *Router[T]) splitVerb(path string) (before, verb string) {
	if len(r.verbs) == 0 {
		return path, ""
	}
	i := strings.LastIndexByte(path, ':')
	if i < 0 || strings.IndexByte(path[i:], '/') >= 0 {
		return path, ""
	}
	verb = decode(path[i+1:], false)
	if _, ok := r.verbs[verb]; !ok {
		return path, ""
	}
	return path[:i], verb
}

// find returns the first entry below n that matches what is left of a path: nothing, or
// a slash, a segment and so on.
func (n *node[T]) find(rest, method, verb string) *entry[T] {
	if rest == "" {
		if e := pick(n.ends, method, verb); e != nil {
			return e
		}
	} else {
		text, after := cut(rest)
		if next := n.literal(text); next != nil {
			if e := next.find(after, method, verb); e != nil {
				return e
			}
		}
		if n.wildcard != nil && text != "" {
			if e := n.wildcard.find(after, method, verb); e != nil {
				return e
			}
		}
	}
	for i := range n.tails {
		if last, ok := lastSegments(rest, n.tails[i].length); ok {
			if e := n.tails[i].root.find(last, method, verb); e != nil {
				return e
			}
		}
	}
	return nil
}

// allow appends the verbs of all entries below n that match what is left of a path.
func (n *node[T]) allow(dst []string, rest, verb string) []string {
	if rest == "" {
		dst = methods(dst, n.ends, verb)
	} else {
		text, after := cut(rest)
		if next := n.literal(text); next != nil {
			dst = next.allow(dst, after, verb)
		}
		if n.wildcard != nil && text != "" {
			dst = n.wildcard.allow(dst, after, verb)
		}
	}
	for i := range n.tails {
		if last, ok := lastSegments(rest, n.tails[i].length); ok {
			dst = n.tails[i].root.allow(dst, last, verb)
		}
	}
	return dst
}

// lastSegments returns the last n segments of what is left of a path, if it has them.
func lastSegments(rest string, n int) (last string, ok bool) {
	at := len(rest)
	for range n {
		if at = strings.LastIndexByte(rest[:at], '/'); at < 0 {
			return "", false
		}
	}
	return rest[at:], true
}

// cut returns the segment behind the slash that rest begins with, and what follows it.
func cut(rest string) (text, after string) {
	rest = rest[1:]
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[:i], rest[i:]
	}
	return rest, ""
}

// maxStackSegment is how long a segment with escapes may be that is compared without an
// allocation.
const maxStackSegment = 64

// literal returns the node below n for a segment as the path has it, or nil.
func (n *node[T]) literal(text string) *node[T] {
	if n.literals == nil {
		return nil
	}
	if strings.IndexByte(text, '%') < 0 {
		return n.literals[text]
	}
	var space [maxStackSegment]byte
	return n.literals[string(appendDecoded(space[:0], text, false))]
}

// capture appends the values that the template's variables have in a path that it
// matches, which is without the verb.
func (t *Template) capture(dst []string, path string) []string {
	if len(t.vars) == 0 {
		return dst
	}
	// As many segments as ** matches are more or less than the template's.
	more := strings.Count(start(path), "/") - len(t.segments)
	at := 0 // the slash before segment n, or the end of the path
	n := 0
	skip := func(to int) {
		if to > t.deep {
			to += more
		}
		for ; n < to; n++ {
			if i := strings.IndexByte(path[at+1:], '/'); i >= 0 {
				at += 1 + i
			} else {
				at = len(path)
			}
		}
	}
	for i := range t.vars {
		v := &t.vars[i]
		skip(v.start)
		begin := min(at+1, len(path))
		skip(v.end)
		dst = append(dst, decode(path[begin:max(at, begin)], v.Multi))
	}
	return dst
}
