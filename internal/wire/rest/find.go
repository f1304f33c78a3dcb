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
// goes on with **. HEAD takes what GET does if it has nothing of its own. The part of
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
		return pick(n.deeps, method, verb)
	}
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
	return pick(n.deeps, method, verb)
}

// allow appends the verbs of all entries below n that match what is left of a path.
func (n *node[T]) allow(dst []string, rest, verb string) []string {
	if dst = methods(dst, n.deeps, verb); rest == "" {
		return methods(dst, n.ends, verb)
	}
	text, after := cut(rest)
	if next := n.literal(text); next != nil {
		dst = next.allow(dst, after, verb)
	}
	if n.wildcard != nil && text != "" {
		dst = n.wildcard.allow(dst, after, verb)
	}
	return dst
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
	at := 0 // the slash before segment n, or the end of the path
	n := 0
	skip := func(to int) {
		for ; n < to && at < len(path); n++ {
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
		if skip(v.end); t.segments[v.end-1].kind == deep {
			at = len(path)
		}
		dst = append(dst, decode(path[begin:max(at, begin)], v.Multi))
	}
	return dst
}
