package balance

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

// A world is a client with endpoints for tests of policies around others: it does what
// plans ask for, and checks what all plans have in common.
type world struct {
	t       *testing.T
	planner Planner
	views   []View
	shown   map[Ref]State // to leaves, in the last plan
	now     time.Time
	seed    uint64
	made    Ref
	plan    Plan
	rung    bool // an alarm
}

// newWorld makes a planner of the policy that wrap returns for a leaf, round robin.
func newWorld(t *testing.T, wrap func(leaf Policy) Policy) *world {
	w := &world{t: t, now: time.Unix(1_000_000, 0), shown: make(map[Ref]State)}
	w.planner = wrap(leafPolicy{w}).NewPlanner()
	return w
}

// A leafPolicy is round robin, and notes what it is shown.
type leafPolicy struct{ w *world }

func (l leafPolicy) NewPlanner() Planner { return l }

func (l leafPolicy) Plan(in Snapshot) Plan {
	for _, v := range in.Endpoints {
		if _, twice := l.w.shown[v.Ref]; twice {
			l.w.t.Errorf("two leaves were given endpoint %s", v.Endpoint.ID)
		}
		l.w.shown[v.Ref] = v.State
	}
	return roundRobin{}.NewPlanner().Plan(in)
}

// An edit changes what an endpoint is made from.
type edit func(*resolve.Endpoint)

func at(region, zone, subZone string) edit {
	return func(e *resolve.Endpoint) {
		e.Locality = resolve.Locality{Region: region, Zone: zone, SubZone: subZone}
	}
}

func prio(n int) edit { return func(e *resolve.Endpoint) { e.Priority = n } }

func attr[T any](a resolve.Attr[T], value T) edit {
	return func(e *resolve.Endpoint) { e.Attrs = a.Set(e.Attrs, value) }
}

// add lists further endpoints, ids with spaces between.
func (w *world) add(ids string, edits ...edit) *world {
	for _, id := range strings.Fields(ids) {
		w.made++
		v := View{Endpoint: resolve.Endpoint{ID: id}, Ref: w.made, Since: w.now, Weight: 1, Load: new(Load)}
		for _, e := range edits {
			e(&v.Endpoint)
		}
		w.views = append(w.views, v)
	}
	return w
}

func (w *world) remove(id string) *world {
	w.views = slices.DeleteFunc(slices.Clone(w.views), func(v View) bool { return v.Endpoint.ID == id })
	return w
}

func (w *world) view(id string) *View {
	for i := range w.views {
		if w.views[i].Endpoint.ID == id {
			return &w.views[i]
		}
	}
	panic("no endpoint " + id)
}

// set puts endpoints, ids with spaces between, in a state.
func (w *world) set(ids string, s State) *world {
	for _, id := range strings.Fields(ids) {
		v := w.view(id)
		v.State, v.Since = s, w.now
		if s == TransientFailure {
			v.Err = errors.New(id + " fails")
		}
	}
	return w
}

// step plans and does as the plan says.
func (w *world) step() *world {
	w.t.Helper()
	w.seed++
	w.rung = false
	clear(w.shown)
	w.plan = w.planner.Plan(Snapshot{Endpoints: slices.Clone(w.views), Now: w.now, Seed: partSeed(w.seed, 0)})
	wanted := make(map[Ref]bool)
	for _, ref := range w.plan.Connect {
		if wanted[ref] {
			w.t.Errorf("%s is twice in Connect", w.name(ref))
		}
		wanted[ref] = true
	}
	w.check()
	for i := range w.views {
		v := &w.views[i]
		v.Load.SetAlarm(w.plan.Alarm, func() { w.rung = true })
		switch {
		case wanted[v.Ref] && v.State == Idle:
			v.State, v.Since = Connecting, w.now
		case !wanted[v.Ref] && v.State != TransientFailure && v.State != Idle:
			v.State, v.Since = Idle, w.now
		}
	}
	return w
}

// check is for what must hold for every plan.
func (w *world) check() {
	w.t.Helper()
	known := make(map[Ref]State)
	for _, v := range w.views {
		known[v.Ref] = v.State
	}
	for _, ref := range w.plan.Connect {
		if _, ok := known[ref]; !ok {
			w.t.Errorf("%d in Connect is not listed", ref)
		}
	}
	if (w.plan.State == TransientFailure) != (w.plan.Err != nil) {
		w.t.Errorf("state %v with error %v", w.plan.State, w.plan.Err)
	}
	if w.plan.Wake < 0 {
		w.t.Errorf("wake after %v", w.plan.Wake)
	}
	for range 20 {
		p := w.plan.Picker.Pick(&Call{})
		switch {
		case w.plan.State == Ready && p.Verdict != Use && p.Verdict != Drop, w.plan.State != Ready && p.Verdict == Use:
			w.t.Errorf("in state %v a picker says %v", w.plan.State, p.Verdict)
		case p.Verdict == Use && (known[p.Endpoint] != Ready || w.shown[p.Endpoint] != Ready):
			w.t.Errorf("picked %s, which is %v and was shown as %v", w.name(p.Endpoint), known[p.Endpoint], w.shown[p.Endpoint])
		case p.Verdict == Fail && p.Err == nil:
			w.t.Error("a failure without a reason")
		}
	}
}

func (w *world) name(r Ref) string {
	for _, v := range w.views {
		if v.Ref == r {
			return v.Endpoint.ID
		}
	}
	return "?"
}

func (w *world) pass(d time.Duration) *world {
	w.now = w.now.Add(d)
	return w
}

// connected lists Connect.
func (w *world) connected() string {
	var names []string
	for _, ref := range w.plan.Connect {
		names = append(names, w.name(ref))
	}
	return strings.Join(names, " ")
}

// picks tells where n calls go, as "a:10 b:20".
func (w *world) picks(n int) string {
	counts := make(map[string]int)
	for range n {
		p := w.plan.Picker.Pick(&Call{})
		if p.Verdict == Use {
			counts[w.name(p.Endpoint)]++
		} else {
			counts[p.Verdict.String()]++
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, fmt.Sprintf("%s:%d", name, counts[name]))
	}
	return strings.Join(out, " ")
}

// expect plans and compares state, Connect, and where 100 calls go.
func (w *world) expect(want string) *world {
	w.t.Helper()
	w.step()
	if got := fmt.Sprintf("%v [%s] %s", w.plan.State, w.connected(), w.picks(100)); !alike(got, want) {
		w.t.Errorf("the plan is\n%s, want\n%s", got, want)
	}
	return w
}

// goes compares where n calls go.
func (w *world) goes(n int, want string) {
	w.t.Helper()
	if got := w.picks(n); !alike(got, want) {
		w.t.Errorf("%d calls go to %s, want %s", n, got, want)
	}
}

// alike compares texts but for numbers after colons that differ by 3 or less: shares
// are not exact to the call.
func alike(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	return slices.EqualFunc(x, y, func(x, y string) bool {
		a, n, _ := strings.Cut(x, ":")
		b, m, _ := strings.Cut(y, ":")
		i, _ := strconv.Atoi(n)
		j, _ := strconv.Atoi(m)
		return a == b && max(i-j, j-i) <= 3
	})
}

// calls has calls end at an endpoint.
func (w *world) calls(id string, c Class, n int) *world {
	l := w.view(id).Load
	for range n {
		l.Begin()
		l.End(Outcome{Class: c})
	}
	return w
}
