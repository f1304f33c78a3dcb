package rest

import (
	"fmt"
	"slices"
)

// A Router finds what is registered for a verb and a path. The zero value is ready for
// use. Adding must end before finding begins; then any number of goroutines may find.
// To change what is registered, build another.
//
// It is a trie of segments. As a path reaches a node in one way only, a search visits no
// node twice, whatever the templates are: it costs no more than the nodes there are.
type Router[T any] struct {
	root  node[T]
	verbs map[string]struct{} // those behind colons
}

// A node is a place that templates with the same first segments have in common.
type node[T any] struct {
	literals map[string]*node[T]
	wildcard *node[T]
	ends     []entry[T] // the templates that end here
	tails    []tail[T]  // what follows a ** here, the longest first
}

// A tail is what templates have after a **: as many segments in all of them. They match
// the last segments of a path, so here too a path reaches a node in one way only.
type tail[T any] struct {
	length int
	root   *node[T]
}

// An entry is one registered template.
type entry[T any] struct {
	method   string
	template *Template
	owner    string
	value    T
}

// A ConflictError says that two templates match the same paths for the same verb, so
// that one of them would never be found.
type ConflictError struct {
	Method          string // the verb
	Template, Owner string // what was added
	Earlier         string // the template that was there before
	EarlierOwner    string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: %s %s matches the same paths as %s of %s", e.Owner, e.Method, e.Template, e.Earlier, e.EarlierOwner)
}

// Add registers v for the verb, "*" for any, and the paths of the template. The owner,
// as a rule the name of a method, is for the text of errors. A verb that HTTP cannot
// have is an error, and so is what is registered already, a [*ConflictError]. Templates
// that overlap are none: which of them is taken, [Router.Find] says.
func (r *Router[T]) Add(owner, method string, t *Template, v T) error {
	if !ValidVerb(method) {
		return fmt.Errorf("%s: %q is no verb of HTTP", owner, method)
	}
	n := &r.root
	for i, s := range t.segments {
		switch s.kind {
		case literal:
			n = n.below(s.text)
		case wildcard:
			if n.wildcard == nil {
				n.wildcard = &node[T]{}
			}
			n = n.wildcard
		case deep:
			n = n.tail(len(t.segments) - i - 1)
		}
	}
	for i := range n.ends {
		if e := &n.ends[i]; e.method == method && e.template.verb == t.verb {
			return &ConflictError{method, t.text, owner, e.template.text, e.owner}
		}
	}
	n.ends = append(n.ends, entry[T]{method, t, owner, v})
	if t.verb != "" {
		if r.verbs == nil {
			r.verbs = map[string]struct{}{}
		}
		r.verbs[t.verb] = struct{}{}
	}
	return nil
}

// below returns the node below n that a literal leads to.
func (n *node[T]) below(text string) *node[T] {
	next := n.literals[text]
	if next == nil {
		if n.literals == nil {
			n.literals = map[string]*node[T]{}
		}
		next = &node[T]{}
		n.literals[text] = next
	}
	return next
}

// tail returns the node that follows a ** after n before length further segments.
func (n *node[T]) tail(length int) *node[T] {
	i := 0
	for i < len(n.tails) && n.tails[i].length > length {
		i++
	}
	if i == len(n.tails) || n.tails[i].length < length {
		n.tails = slices.Insert(n.tails, i, tail[T]{length, &node[T]{}})
	}
	return n.tails[i].root
}

// pick returns the entry for a verb of HTTP and one behind a colon: the one of the verb
// itself, before GET's for HEAD (RFC 9110 §9.3.2), before that of any.
func pick[T any](entries []entry[T], method, verb string) *entry[T] {
	best, rank := (*entry[T])(nil), 0
	for i := range entries {
		e := &entries[i]
		if e.template.verb != verb {
			continue
		}
		switch {
		case e.method == method:
			return e
		case e.method == "GET" && method == "HEAD":
			best, rank = e, 2
		case e.method == "*" && rank < 1:
			best, rank = e, 1
		}
	}
	return best
}

// methods appends the verbs that entries have which end with a verb behind a colon.
func methods[T any](dst []string, entries []entry[T], verb string) []string {
	for i := range entries {
		e := &entries[i]
		if e.template.verb != verb {
			continue
		}
		dst = append(dst, e.method)
		if e.method == "GET" {
			dst = append(dst, "HEAD")
		}
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}
