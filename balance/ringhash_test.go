package balance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

func newRingScene(ids ...string) *scene {
	return newScene(RingHash(RingHashConfig{Header: "User"})).list(ids...)
}

// send returns what becomes of a call of a user: "use a", "queue", "queue for a", "fail (...)".
func (s *scene) send(user string, tried ...string) string {
	call := &Call{Header: oneHeader(user)}
	for _, id := range tried {
		call.Tried = append(call.Tried, s.ref(id))
	}
	p := s.plan.Picker.Pick(call)
	switch {
	case p.Verdict == Use:
		return "use " + s.name(p.Endpoint)
	case p.Verdict == Fail:
		return fmt.Sprintf("fail (%v)", p.Err)
	case p.Endpoint != 0:
		return "queue for " + s.name(p.Endpoint)
	}
	return p.Verdict.String()
}

func (s *scene) ref(id string) Ref {
	for _, v := range s.views {
		if v.Endpoint.ID == id {
			return v.Ref
		}
	}
	panic("no endpoint " + id)
}

// homes returns users of whom the first goes to the first endpoint and then to the
// second, and so on.
func homes(s *scene, ids ...string) []string {
	var users []string
	for i := range ids {
		for u := 0; ; u++ {
			user := fmt.Sprint("user", u)
			first, next := ids[i], ids[(i+1)%len(ids)]
			if s.home(user) == first && s.home(user, first) == next {
				users = append(users, user)
				break
			}
		}
	}
	return users
}

// home is where a user belongs, apart from some endpoints.
func (s *scene) home(user string, not ...string) string {
	p := s.plan.Picker.(*rhPicker)
	for i, first := 0, p.ring.start(xxHash64(user, 0)); i < len(p.ring); i++ {
		if id := p.view(first + i).Endpoint.ID; !slices.Contains(not, id) {
			return id
		}
	}
	return ""
}

func (s *scene) wantSends(t *testing.T, users []string, want ...string) {
	t.Helper()
	for i, user := range users {
		if got := s.send(user); got != want[i] {
			t.Errorf("call %d: %s, want %s", i, got, want[i])
		}
	}
}

// An endpoint is connected when a call goes to it, and no other is.
func TestRingHashConnectsLazily(t *testing.T) {
	s := newRingScene("a", "b", "c")
	s.step()
	if s.plan.State != Idle || len(s.plan.Connect) != 0 || s.plan.Wake != 0 {
		t.Fatalf("the first plan is %v %v %v", s.plan.State, s.plan.Connect, s.plan.Wake)
	}
	users := homes(s, "a", "b", "c")
	s.wantSends(t, users, "queue for a", "queue for b", "queue for c")
	s.set("b", Connecting).step()
	if got := fmt.Sprint(s.plan.State, s.plan.Connect); got != "CONNECTING [2]" {
		t.Errorf("while connecting: %s", got)
	}
	s.wantSends(t, users, "queue for a", "queue", "queue for c")
	s.set("b", Ready).step()
	if got := fmt.Sprint(s.plan.State, s.plan.Connect); got != "READY [2]" {
		t.Errorf("when connected: %s", got)
	}
	s.wantSends(t, users, "queue for a", "use b", "queue for c")
}

// Who waits without a call has some endpoint connected (gRFC A117).
func TestRingHashConnectsOnRequest(t *testing.T) {
	s := newRingScene("a", "b", "c")
	s.step()
	s.waiting = 1
	s.step()
	if s.plan.State != Idle || s.plan.Wake != askPeriod {
		t.Fatalf("%v, wakes after %v", s.plan.State, s.plan.Wake)
	}
	s.waiting = 0
	s.pass(askPeriod).step()
	if s.plan.State != Connecting || len(s.plan.Connect) != 1 {
		t.Fatalf("%v %v", s.plan.State, s.plan.Connect)
	}
	first := s.plan.Connect[0]
	s.step()
	if len(s.plan.Connect) != 1 || s.plan.Connect[0] != first {
		t.Errorf("then %v, first %v", s.plan.Connect, first)
	}
	s.set(s.name(first), Ready).step()
	s.set(s.name(first), Idle).step()
	if s.plan.State != Idle || len(s.plan.Connect) != 0 || s.plan.Wake != 0 {
		t.Errorf("after it was lost: %v %v, wakes after %v", s.plan.State, s.plan.Connect, s.plan.Wake)
	}
	s.waiting = 1
	s.step()
	s.set("a", Connecting).step() // a call named it
	if len(s.plan.Connect) != 1 {
		t.Errorf("beside the one that a call asked for %v is connected", s.plan.Connect)
	}
}

func TestRingHashPicks(t *testing.T) {
	s := newRingScene("a", "b", "c")
	s.step()
	users := homes(s, "a", "b", "c")
	for _, tc := range []struct {
		states string // of a, b, c
		state  State
		calls  []string
	}{
		{"i i i", Idle, []string{"queue for a", "queue for b", "queue for c"}},
		{"c i i", Connecting, []string{"queue", "queue for b", "queue for c"}},
		{"r i i", Ready, []string{"use a", "queue for b", "queue for c"}},
		{"f i i", Connecting, []string{"queue for b", "queue for b", "queue for c"}},
		{"f c i", Connecting, []string{"queue", "queue", "queue for c"}},
		{"f r i", Ready, []string{"use b", "use b", "queue for c"}},
		{"f f i", TransientFailure, []string{"queue for c", "queue for c", "queue for c"}},
		{"f f c", TransientFailure, []string{"queue", "queue", "queue"}},
		{"f f r", Ready, []string{"use c", "use c", "use c"}},
		{"f f f", TransientFailure, []string{"fail (a fails)", "fail (b fails)", "fail (c fails)"}},
		{"r r r", Ready, []string{"use a", "use b", "use c"}},
	} {
		for i, id := range []string{"a", "b", "c"} {
			s.set(id, map[byte]State{'i': Idle, 'c': Connecting, 'r': Ready, 'f': TransientFailure}[tc.states[2*i]])
		}
		s.plan = s.planner.Plan(Snapshot{Endpoints: slices.Clone(s.views), Now: s.now, Seed: 5})
		if s.plan.State != tc.state {
			t.Errorf("%s: %v, want %v", tc.states, s.plan.State, tc.state)
		}
		for i, user := range users {
			if got := s.send(user); got != tc.calls[i] {
				t.Errorf("%s: call %d: %s, want %s", tc.states, i, got, tc.calls[i])
			}
		}
		connects := fmt.Sprint(s.plan.Connect)
		for i, v := range s.views {
			if listed := slices.Contains(s.plan.Connect, v.Ref); v.State != Idle && !listed {
				t.Errorf("%s: endpoint %d is not kept: %s", tc.states, i, connects)
			}
		}
		failed, idle := strings.Count(tc.states, "f"), strings.Count(tc.states, "i")
		proactive := failed > 0 && idle > 0 && !strings.Contains(tc.states, "c") && tc.state != Ready
		if got := len(s.plan.Connect) == 3-idle+1; got != proactive {
			t.Errorf("%s: %s is connected; one without a call: %v", tc.states, connects, proactive)
		}
	}
	s.allReady().step()
	if got := s.send(users[0], "a"); got != "use b" {
		t.Errorf("a call that tried a: %s", got)
	}
	if got := s.send(users[0], "a", "b", "c"); got != "use a" {
		t.Errorf("a call that tried all: %s", got)
	}
	s.set("b", TransientFailure).set("c", TransientFailure).step()
	if got := s.send(users[0], "a"); got != "use a" {
		t.Errorf("a call that tried a when all others fail: %s", got)
	}
	newRingScene().expect(t, "TRANSIENT_FAILURE [] fail (the resolver knows no endpoints)")
	newRingScene("a").set("a", TransientFailure).expect(t, "TRANSIENT_FAILURE [a] fail (a fails)")
}

// Calls without a value use what is ready, and have others connected one at a time.
func TestRingHashToAny(t *testing.T) {
	s := newScene(ringHash{RingHash(RingHashConfig{Header: "user"}).(ringHash).cfg, seeded(3)}).list("a", "b", "c", "d")
	s.step()
	if got := s.send(""); !strings.HasPrefix(got, "queue for ") {
		t.Errorf("while all are idle: %s", got)
	}
	s.set("a", Connecting).step()
	if got := s.send(""); !strings.HasPrefix(got, "queue") {
		t.Errorf("while one is connecting: %s", got)
	}
	s.set("a", Ready)
	for ready := 1; ready < 4; ready++ {
		s.step()
		if s.plan.Wake != seekPeriod {
			t.Errorf("with %d ready it looks again after %v", ready, s.plan.Wake)
		}
		for range 50 {
			if got := s.send(""); !strings.HasPrefix(got, "use ") {
				t.Fatalf("with %d ready: %s", ready, got)
			}
		}
		s.pass(seekPeriod).step()
		if len(s.plan.Connect) != ready+1 {
			t.Fatalf("with %d ready %v are connected", ready, s.plan.Connect)
		}
		for _, r := range s.plan.Connect {
			s.set(s.name(r), Ready)
		}
	}
	s.step()
	got := make(map[string]int)
	for range 400 {
		got[s.send("")]++
	}
	if len(got) != 4 || s.plan.Wake != 0 {
		t.Errorf("with all ready: %v, looks again after %v", got, s.plan.Wake)
	}
	if got := s.send("", "a", "b", "c"); got != "use d" {
		t.Errorf("a call that tried all but d: %s", got)
	}
	if got := s.send("", "a", "b", "c", "d"); !strings.HasPrefix(got, "use ") {
		t.Errorf("a call that tried all: %s", got)
	}
	if p := s.plan.Picker.Pick(&Call{}); p.Verdict != Use {
		t.Errorf("a call without a header: %v", p)
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		s.set(id, TransientFailure)
	}
	s.step()
	if got := s.send(""); !strings.HasPrefix(got, "fail (") {
		t.Errorf("when all fail: %s", got)
	}
}

// A value has its endpoint, whatever the order of the list and whatever was before.
func TestRingHashAffinity(t *testing.T) {
	ids := numbered(0, 20)
	s := newRingScene(ids...).allReady()
	s.step()
	where := make(map[string]string)
	for u := range 2000 {
		user := fmt.Sprint("user", u)
		where[user] = s.send(user)
	}
	got := make(map[string]int)
	for _, w := range where {
		got[w]++
	}
	for _, id := range ids {
		if n := got["use "+id]; n < 40 || n > 190 {
			t.Errorf("%s has %d of 2000 users", id, n)
		}
	}
	moved := func() int {
		n := 0
		for user, w := range where {
			if s.send(user) != w {
				n++
			}
		}
		return n
	}
	slices.Reverse(ids)
	s.list(ids...).step()
	if n := moved(); n != 0 {
		t.Errorf("%d users moved when the list was turned round", n)
	}
	other := newRingScene(ids...).allReady()
	other.seed = 77
	other.step()
	for user, w := range where {
		if got := other.send(user); got != w {
			t.Fatalf("another client sends %s to %s, this one %s", user, got, w)
		}
	}
	gone := ids[7]
	s.list(append(slices.Clone(ids[:7]), ids[8:]...)...).allReady().step()
	// The others get a few more points each, so that the ring keeps its size.
	if n := moved() - got["use "+gone]; n > 80 {
		t.Errorf("when %s went %d users of 2000 moved who were elsewhere", gone, n)
	}
	s.list(ids...).allReady().step()
	if n := moved(); n != 0 {
		t.Errorf("%d users are elsewhere after it came back", n)
	}
	s.set(gone, TransientFailure).pass(time.Minute).step()
	if n := moved(); n != got["use "+gone] {
		t.Errorf("when it failed %d users moved, of whom it had %d", n, got["use "+gone])
	}
}

// The attribute stands for the endpoint, whatever its ID is.
func TestRingHashKey(t *testing.T) {
	s := newRingScene("a", "b", "c").allReady()
	s.step()
	users := homes(s, "a", "b", "c")
	s.list("x", "y", "z").allReady()
	for i, key := range []string{"a", "b", "c"} {
		s.views[i].Endpoint.Attrs = HashKey.Set(resolve.Attrs{}, key)
	}
	s.step()
	s.wantSends(t, users, "use x", "use y", "use z")
}

func TestNewRing(t *testing.T) {
	for _, tc := range []struct {
		weights  []float64
		min, max int
		points   []int
	}{
		{[]float64{1, 1, 1}, 1024, 4096, []int{342, 342, 342}},
		{[]float64{1}, 1024, 4096, []int{1024}},
		{[]float64{1, 3}, 1024, 4096, []int{256, 768}},
		{[]float64{1, 2}, 10, 4096, []int{4, 8}},
		{[]float64{1, 1, 1, 1}, 1, 2, []int{1, 0, 1, 0}},
		{[]float64{1, 999}, 10, 4096, []int{1, 999}},
		{[]float64{0.5, 1.5}, 4, 4096, []int{1, 3}},
	} {
		var items []ringItem
		for i, w := range tc.weights {
			items = append(items, ringItem{Ref(i + 1), fmt.Sprint("server", i), w})
		}
		r := newRing(items, tc.min, tc.max)
		got := make([]int, len(items))
		for i, p := range r {
			got[p.of]++
			if i > 0 && r[i-1].hash > p.hash {
				t.Fatal("the ring is not in order")
			}
		}
		if !slices.Equal(got, tc.points) {
			t.Errorf("%v from %d to %d: the points are %v, want %v", tc.weights, tc.min, tc.max, got, tc.points)
		}
		for i, p := range r {
			if at := r[r.start(p.hash)]; at.hash != p.hash {
				t.Fatalf("point %d is not found", i)
			}
		}
		if last := r[len(r)-1].hash; r.start(last+1) != 0 {
			t.Error("after the last point the first does not come")
		}
	}
	// The points are gRPC's: XXH64 of the address, an underscore and a number.
	if r := newRing([]ringItem{{1, "10.0.0.1:443", 1}}, 1, 1); r[0].hash != xxHash64("10.0.0.1:443_0", 0) {
		t.Errorf("the point is %x", r[0].hash)
	}
}

func TestRingHashSizes(t *testing.T) {
	for _, tc := range []struct{ in, want RingHashConfig }{
		{RingHashConfig{}, RingHashConfig{MinSize: 1024, MaxSize: 4096}},
		{RingHashConfig{MinSize: 10, MaxSize: 20}, RingHashConfig{MinSize: 10, MaxSize: 20}},
		{RingHashConfig{MinSize: 9000, MaxSize: 10000}, RingHashConfig{MinSize: 4096, MaxSize: 4096}},
		{RingHashConfig{MaxSize: 100}, RingHashConfig{MinSize: 100, MaxSize: 100}},
	} {
		if got := RingHash(tc.in).(ringHash).cfg; got != tc.want {
			t.Errorf("%+v counts as %+v, want %+v", tc.in, got, tc.want)
		}
	}
}
