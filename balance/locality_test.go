package balance

import "testing"

func localityWorld(t *testing.T) *world { return newWorld(t, ByLocality) }

// Without weights of localities each endpoint has its part, wherever it is.
func TestByLocalityWithEndpointWeights(t *testing.T) {
	w := localityWorld(t).add("a1 a2 a3", at("eu", "1", "")).add("b1", at("eu", "2", ""))
	w.expect("CONNECTING [a1 a2 a3 b1] queue:100")
	w.set("a1 a2 a3 b1", Ready).step()
	w.goes(400, "a1:100 a2:100 a3:100 b1:100")
	w.set("a3", TransientFailure).step()
	w.goes(300, "a1:100 a2:100 b1:100")
	w.set("b1", TransientFailure).expect("READY [a1 a2 a3 b1] a1:50 a2:50")
	w.view("b1").Weight = 8
	w.set("b1", Ready).expect("READY [a1 a2 a3 b1] a1:10 a2:10 b1:80")
	w.remove("a1").remove("a2").remove("a3").expect("READY [b1] b1:100")
	w.remove("b1").expect("TRANSIENT_FAILURE [] fail:100")
}

// The weights of localities count, however many endpoints they have.
func TestByLocalityWithLocalityWeights(t *testing.T) {
	w := localityWorld(t).add("a1 a2 a3", at("eu", "1", ""), attr(LocalityWeight, 1))
	w.add("b1", at("eu", "2", ""), attr(LocalityWeight, 3)).add("c1", at("eu", "3", ""), attr(LocalityWeight, 0))
	w.step().set("a1 a2 b1", Ready)
	w.step()
	w.goes(1000, "a1:125 a2:125 b1:750")
	if got := w.connected(); got != "a1 a2 a3 b1" {
		t.Errorf("connected are %s", got)
	}
}
