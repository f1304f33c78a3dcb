package balance

import (
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/resolve"
)

func TestDistance(t *testing.T) {
	own := resolve.Locality{Region: "eu", Zone: "1", SubZone: "x"}
	for _, c := range []struct {
		own, other resolve.Locality
		want       int
	}{
		{own, own, 0},
		{own, resolve.Locality{Region: "eu", Zone: "1", SubZone: "y"}, 1},
		{own, resolve.Locality{Region: "eu", Zone: "1"}, 1},
		{own, resolve.Locality{Region: "eu", Zone: "2", SubZone: "x"}, 2},
		{own, resolve.Locality{Region: "us", Zone: "1", SubZone: "x"}, 3},
		{own, resolve.Locality{}, 3},
		{resolve.Locality{}, resolve.Locality{}, 3},
		{resolve.Locality{Region: "eu"}, own, 2},
		{resolve.Locality{Zone: "1"}, resolve.Locality{Zone: "1", SubZone: "x"}, 1},
	} {
		if got := distance(c.own, c.other); got != c.want {
			t.Errorf("from %v to %v it is %d, want %d", c.own, c.other, got, c.want)
		}
	}
}

func nearestWorld(t *testing.T) *world {
	return newWorld(t, func(leaf Policy) Policy {
		return NearestFirst(resolve.Locality{Region: "eu", Zone: "1"}, leaf)
	})
}

// While five of seven work nothing spills; below it does by how many are missing.
func TestNearestFirstSpills(t *testing.T) {
	w := nearestWorld(t).add("f", at("us", "1", "")).add("r", at("eu", "2", "")).add("a b c d e", at("eu", "1", ""))
	w.expect("CONNECTING [a b c d e] queue:100")
	w.set("a b c d e", Ready).expect("READY [a b c d e] a:20 b:20 c:20 d:20 e:20")
	w.set("a", TransientFailure).expect("READY [a b c d e] b:25 c:25 d:25 e:25") // 1.4 * 4/5 > 1
	w.set("b", TransientFailure).expect("READY [a b c d e r] c:34 d:33 e:33")    // r is not yet there
	w.set("r", Ready).expect("READY [a b c d e r] c:28 d:28 e:28 r:16")          // 1.4 * 3/5 = 0.84
	w.set("c d e", TransientFailure).expect("READY [a b c d e r] r:100")
	w.set("r", TransientFailure).expect("CONNECTING [a b c d e r f] queue:100")
	w.set("f", Ready).expect("READY [a b c d e r f] f:100")
	// Too few everywhere: 1.4/5 against 1.
	w.set("a", Ready).expect("READY [a b c d e r f] a:28 f:72")
	w.set("b c d e", Ready).expect("READY [a b c d e r f] a:20 b:20 c:20 d:20 e:20")
	w.pass(15 * time.Minute).expect("READY [a b c d e] a:20 b:20 c:20 d:20 e:20")
}

// When all groups together have too few, calls are divided by how many work.
func TestNearestFirstWithTooFew(t *testing.T) {
	w := nearestWorld(t).add("a b", at("eu", "1", "")).add("f g h i", at("us", "", ""))
	w.step().set("a b", TransientFailure).step().set("f g h i", TransientFailure).step()
	w.expect("TRANSIENT_FAILURE [a b f g h i] fail:100")
	w.set("a f", Ready).expect("READY [a b f g h i] a:70 f:30") // 0.7 and min(0.35, 0.3)
	w.add("j k", at("us", "", "")).set("j k", TransientFailure) // 1.4/6 = 0.23
	w.expect("READY [a b f g h i j k] a:75 f:25")               // 0.7 : 0.23
	w.set("a", TransientFailure).expect("READY [a b f g h i j k] f:100")
}

// A near group that is connecting has ten seconds, but calls do not wait for it when
// they can go elsewhere.
func TestNearestFirstWaits(t *testing.T) {
	w := nearestWorld(t).add("a", at("eu", "1", "")).add("f", at("us", "", ""))
	w.expect("CONNECTING [a] queue:100").pass(time.Second).expect("CONNECTING [a] queue:100")
	if w.plan.Wake != 9*time.Second {
		t.Errorf("wake after %v, want 9s", w.plan.Wake)
	}
	w.pass(9 * time.Second).expect("CONNECTING [a f] queue:100")
	w.set("f", Ready).expect("READY [a f] f:100")
	w.set("a", Ready).expect("READY [a f] a:100")
	w.set("a", Connecting).expect("READY [a f] f:100")
	w.set("a", Ready).expect("READY [a f] a:100")
}

func TestNearestFirstWithoutEndpoints(t *testing.T) {
	nearestWorld(t).expect("TRANSIENT_FAILURE [] fail:100")
}

// A group whose child fails is able to take nothing, whatever its endpoints do.
func TestNearestFirstChildFails(t *testing.T) {
	w := newWorld(t, func(leaf Policy) Policy {
		failing := planFunc(func(in Snapshot) Plan {
			if in.Endpoints[0].Endpoint.ID == "a" {
				return Plan{}
			}
			return leaf.NewPlanner().Plan(in)
		})
		return NearestFirst(resolve.Locality{Region: "eu", Zone: "1"}, failing)
	})
	w.add("a", at("eu", "1", "")).add("f", at("us", "", "")).set("a f", Ready)
	w.expect("READY [f] f:100")
}
