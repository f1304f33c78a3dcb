package hpack

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The index finds what going through the table finds, also while the numbers of
// entries wrap around.
func TestIndex(t *testing.T) {
	for _, start := range []uint32{0, math.MaxUint32 - 500} {
		r := rand.New(rand.NewPCG(5, uint64(start)))
		tab := table{max: 2048, added: start}
		var x index
		for range 2000 {
			f := Field{Name: fmt.Sprint("name", r.IntN(20)), Value: fmt.Sprint(r.IntN(1 + r.IntN(1000)))}
			h := hashField(f.Name, f.Value)
			number, ok := x.findField(&tab, f.Name, f.Value, h)
			newest, known := x.findName(&tab, f.Name)
			wantNumber, wantOK, wantNewest, wantKnown := scan(&tab, f)
			if ok != wantOK || ok && number != wantNumber || known != wantKnown || known && newest != wantNewest {
				t.Fatalf("%v is found at %d (%v), name at %d (%v); want %d (%v), %d (%v)",
					f, number, ok, newest, known, wantNumber, wantOK, wantNewest, wantKnown)
			}
			if ok {
				x.links[tab.slot(number)].found = true
				continue
			}
			if !tab.makeRoom(f.size()) {
				t.Fatal("an entry that does not fit")
			}
			tab.put(entry{f.Name, f.Value})
			x.add(&tab)
			if x.links[tab.slot(tab.added)].found {
				t.Fatal("a new entry has been found already")
			}
		}
		if start > 0 && tab.added > start {
			t.Error("the numbers have not wrapped around")
		}
	}
}

// scan goes through the table, from the newest entry on.
func scan(tab *table, f Field) (number uint32, ok bool, newest uint32, known bool) {
	for i := 1; i <= tab.n; i++ {
		e := tab.at(i)
		if e.name != f.Name {
			continue
		}
		if !known {
			newest, known = tab.added-uint32(i-1), true
		}
		if e.value == f.Value {
			return tab.added - uint32(i-1), true, newest, known
		}
	}
	return 0, false, newest, known
}

// When the index grows, it still knows what has been of use.
func TestIndexGrows(t *testing.T) {
	e, d := NewEncoder(), NewDecoder(DefaultTableSize)
	first := asFields("name-0", "value")
	mustDecode(t, d, e.Append(nil, first))
	mustDecode(t, d, e.Append(nil, first))
	for i := range 40 {
		mustDecode(t, d, e.Append(nil, asFields(fmt.Sprint("name-", i+1), "value")))
		if got := e.index.links[e.table.slot(1)].found; !got {
			t.Fatalf("forgotten with %d entries", e.table.n)
		}
		if got := e.index.links[e.table.slot(e.table.added)].found; got {
			t.Fatalf("a new entry was of use with %d entries", e.table.n)
		}
	}
}

// Values that differ by little do not share their hash.
func TestHashSpreads(t *testing.T) {
	for _, format := range []string{"%d", "user-%d", "/shop.v1.UserService/Method%d", "00-4bf92f3577b34da6a3ce%010x-00f067aa0ba902b7-01", "%016x", "%08d-e29b-41d4-a716-446655440000"} {
		seen := make(map[uint64]bool)
		places := make(map[uint64]int)
		most := 0
		for i := range 1024 {
			h := hashField("x-id", fmt.Sprintf(format, i))
			seen[h] = true
			places[h%128]++
			most = max(most, places[h%128])
		}
		if len(seen) != 1024 || most > 24 {
			t.Errorf("%s: %d hashes of 1024 values, %d of them in one place of 128", format, len(seen), most)
		}
	}
}

// The static table's names are found, and no others.
func TestStaticTable(t *testing.T) {
	lowest := make(map[string]int)
	for i := staticLen; i > 0; i-- {
		lowest[staticTable[i].name] = i
	}
	for i := 1; i <= staticLen; i++ {
		e := staticTable[i]
		if field, name := staticField(e.name, e.value); field != i || name != lowest[e.name] {
			t.Errorf("%v is found at %d, its name at %d; want %d, %d", e, field, name, i, lowest[e.name])
		}
		if field, name := staticField(e.name, "\x00"); field != 0 || name != lowest[e.name] {
			t.Errorf("%s of another value is found at %d, its name at %d", e.name, field, name)
		}
		if field, name := staticField(e.name+"x", e.value); field != 0 || name != 0 {
			t.Errorf("%sx is found at %d, its name at %d", e.name, field, name)
		}
	}
	if staticLen != 61 {
		t.Errorf("a table of %d", staticLen)
	}
}
