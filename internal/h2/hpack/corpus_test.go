package hpack

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is in testdata is a selection; the whole corpus is read with
//
//	go test ./internal/h2/hpack -run Stories -v -corpus DIRECTORY
var corpus = flag.String("corpus", "testdata/hpack-test-case", "a folder with hpack-test-case")

// A story is a file of the corpus: the blocks of one connection.
type story struct {
	Description string
	Cases       []struct {
		HeaderTableSize *uint32 `json:"header_table_size"`
		Wire            string
		Headers         []map[string]string
	}
}

func readStory(t *testing.T, file string) *story {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := new(story)
	if err := json.Unmarshal(b, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *story) fields(i int) []Field {
	var fields []Field
	for _, h := range s.Cases[i].Headers {
		for name, value := range h {
			fields = append(fields, Field{Name: name, Value: value})
		}
	}
	return fields
}

func stories(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(*corpus, "*/story_*.json"))
	files = slices.DeleteFunc(files, func(file string) bool { return strings.Contains(file, "raw-data") }) // nobody's blocks
	if err != nil || len(files) < 30 {
		t.Fatalf("%d stories, error %v", len(files), err)
	}
	return files
}

// What other encoders have made is decoded.
func TestDecodeStories(t *testing.T) {
	blocks := 0
	for _, file := range stories(t) {
		s := readStory(t, file)
		d := NewDecoder(DefaultTableSize)
		for i, c := range s.Cases {
			if c.HeaderTableSize != nil {
				d.SetMaxTableSize(*c.HeaderTableSize)
			}
			fields, truncated, err := d.Decode(nil, unhex(c.Wire), noLimits)
			if err != nil || truncated {
				t.Fatalf("%s, block %d: truncated %v, error %v", file, i, truncated, err)
			}
			for i := range fields {
				fields[i].Sensitive = false
			}
			wantFields(t, fields, s.fields(i))
			blocks++
		}
	}
	t.Logf("%d blocks", blocks)
}

// What we make of the same fields comes back, and takes no more octets than what
// others make of them.
func TestEncodeStories(t *testing.T) {
	ours, theirs := 0, 0
	for _, file := range stories(t) {
		s := readStory(t, file)
		e, d := NewEncoder(), NewDecoder(DefaultTableSize)
		for i, c := range s.Cases {
			if c.HeaderTableSize != nil {
				e.SetPeerTableSize(*c.HeaderTableSize)
				d.SetMaxTableSize(*c.HeaderTableSize)
			}
			want := s.fields(i)
			block := e.Append(nil, want)
			wantFields(t, mustDecode(t, d, block), want)
			wantSameTables(t, e, d)
			ours += len(block)
			theirs += len(c.Wire) / 2
		}
	}
	t.Logf("%d octets, others' encoders %d", ours, theirs)
	if ours > theirs {
		t.Errorf("%d octets, where others' encoders make %d", ours, theirs)
	}
}
