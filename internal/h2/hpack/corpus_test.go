package hpack

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// A story is a file of testdata/hpack-test-case: the blocks of one connection.
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
	files, err := filepath.Glob("testdata/hpack-test-case/*/story_*.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d stories, error %v", len(files), err)
	}
	return files
}

// What other encoders have made is decoded.
func TestDecodeStories(t *testing.T) {
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
		}
	}
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
