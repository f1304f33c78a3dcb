// Package ledger notes which requests servers have executed, in files that outlive
// processes that are killed at any moment.
package ledger

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// entrySize is that of an entry in a file: the id and the time in nanoseconds.
const entrySize = 16

// A Writer notes what one server executes. It may be used concurrently.
type Writer struct{ f *os.File }

// Create makes the file of one life of a server, in a directory that is the ledger's.
func Create(dir string, server, life int) (*Writer, error) {
	name := filepath.Join(dir, fmt.Sprintf("%d.%d", server, life))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &Writer{f}, nil
}

// Note notes that a request is executed. When it returns, no death of the process
// takes the entry back: one write appends it, whole.
func (w *Writer) Note(id uint64) {
	var b [entrySize]byte
	binary.LittleEndian.PutUint64(b[:], id)
	binary.LittleEndian.PutUint64(b[8:], uint64(time.Now().UnixNano()))
	if _, err := w.f.Write(b[:]); err != nil {
		panic(err) // wrong conclusions would be drawn
	}
}

// An Entry is one execution of a request.
type Entry struct {
	ID     uint64
	At     time.Time
	Server int
}

// A Book is all that servers have noted.
type Book []Entry

// Read reads the files of a ledger. Servers may go on writing.
func Read(dir string) (Book, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all Book
	for _, f := range files {
		var server, life int
		if _, err := fmt.Sscanf(f.Name(), "%d.%d", &server, &life); err != nil {
			return nil, fmt.Errorf("%s is no file of a ledger", f.Name())
		}
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		for ; len(b) >= entrySize; b = b[entrySize:] {
			all = append(all, Entry{
				ID:     binary.LittleEndian.Uint64(b),
				At:     time.Unix(0, int64(binary.LittleEndian.Uint64(b[8:]))),
				Server: server,
			})
		}
	}
	return all, nil
}

// Duplicated returns how many requests were executed more than once.
func (b Book) Duplicated() (n int) {
	times := make(map[uint64]int, len(b))
	for _, e := range b {
		if times[e.ID]++; times[e.ID] == 2 {
			n++
		}
	}
	return n
}

// Executed returns the ids of the requests that were executed.
func (b Book) Executed() map[uint64]bool {
	ids := make(map[uint64]bool, len(b))
	for _, e := range b {
		ids[e.ID] = true
	}
	return ids
}

// Between returns the entries from one moment on and before another.
func (b Book) Between(from, to time.Time) (some Book) {
	for _, e := range b {
		if !e.At.Before(from) && e.At.Before(to) {
			some = append(some, e)
		}
	}
	return some
}

// Share returns the part of the entries that a server has, from 0 to 1.
func (b Book) Share(server int) float64 {
	if len(b) == 0 {
		return 0
	}
	n := 0
	for _, e := range b {
		if e.Server == server {
			n++
		}
	}
	return float64(n) / float64(len(b))
}

// First returns when a server executed its first request, and false if it never did.
func (b Book) First(server int) (at time.Time, ok bool) {
	for _, e := range b {
		if e.Server == server && (!ok || e.At.Before(at)) {
			at, ok = e.At, true
		}
	}
	return at, ok
}
