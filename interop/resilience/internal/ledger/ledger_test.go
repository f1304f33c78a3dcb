package ledger

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What several lives of several servers have noted is one book.
func TestBook(t *testing.T) {
	dir := t.TempDir()
	begun := time.Now()
	for _, l := range []struct {
		server, life int
		ids          []uint64
	}{
		{0, 1, []uint64{1, 2, 3}},
		{0, 2, []uint64{3, 4}},
		{1, 1, []uint64{5, 4, 1 << 63, 4}},
	} {
		w, err := Create(dir, l.server, l.life)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range l.ids {
			w.Note(id)
		}
	}
	if _, err := Create(dir, 1, 1); err == nil {
		t.Error("a second file of the same life is made")
	}
	// A process can be killed between the halves of nothing, but a disk can be full.
	torn := filepath.Join(dir, "1.1")
	f, err := os.OpenFile(torn, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.Write(make([]byte, entrySize-1))
	f.Close()
	b, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) != 9 || b.Duplicated() != 2 || len(b.Executed()) != 6 || !b.Executed()[1<<63] {
		t.Errorf("%d entries, %d requests duplicated, executed %v", len(b), b.Duplicated(), b.Executed())
	}
	if s := b.Share(1); s != 4./9 {
		t.Errorf("the share of server 1 is %v", s)
	}
	if n := len(b.Between(begun, time.Now().Add(time.Second))); n != 9 {
		t.Errorf("%d entries since the begin", n)
	}
	if n := len(b.Between(begun.Add(-time.Hour), begun)); n != 0 {
		t.Errorf("%d entries before the begin", n)
	}
	if _, ok := b.First(2); ok {
		t.Error("a server that is not there has executed something")
	}
	if at, ok := b.First(1); !ok || at.Before(begun) {
		t.Errorf("server 1 began at %v", at)
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil {
		t.Error("no error")
	}
}
