package hpack

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
)

// noLimits lets every field pass.
var noLimits = Limits{MaxBytes: 1<<32 - 1, MaxFields: 1 << 30}

// unhex decodes hexadecimal digits, between which there may be spaces.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// mustDecode decodes a block that must be good.
func mustDecode(t *testing.T, d *Decoder, block []byte) []Field {
	t.Helper()
	fields, truncated, err := d.Decode(nil, block, noLimits)
	if err != nil || truncated {
		t.Fatalf("block %x: truncated %v, error %v", block, truncated, err)
	}
	return fields
}

// wantError decodes a block that must be refused for reason.
func wantError(t *testing.T, d *Decoder, block []byte, reason string) {
	t.Helper()
	fields, _, err := d.Decode(nil, block, noLimits)
	var he *Error
	if !errors.As(err, &he) || he.Reason != reason {
		t.Fatalf("block %x: fields %v, error %v, want %q", block, fields, err, reason)
	}
}

func wantFields(t *testing.T, got, want []Field) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("fields are\n%v, want\n%v", got, want)
	}
}

// asFields makes fields of names and values by turns.
func asFields(s ...string) []Field {
	var fields []Field
	for i := 0; i < len(s); i += 2 {
		fields = append(fields, Field{Name: s[i], Value: s[i+1]})
	}
	return fields
}

// entries returns what a table holds, the newest first, and checks its size.
func entries(t *testing.T, tab *table) []Field {
	t.Helper()
	var all []Field
	var size uint32
	for i := 1; i <= tab.n; i++ {
		f := Field{Name: tab.at(i).name, Value: tab.at(i).value}
		size += f.Size()
		all = append(all, f)
	}
	if size != tab.size || tab.size > tab.max {
		t.Fatalf("table of %d octets says that it has %d of %d", size, tab.size, tab.max)
	}
	return all
}

// wantSameTables fails the test if encoder and decoder are out of step.
func wantSameTables(t *testing.T, e *Encoder, d *Decoder) {
	t.Helper()
	got, want := entries(t, &d.table), entries(t, &e.table)
	if !slices.Equal(got, want) || d.table.max != e.table.max {
		t.Fatalf("the decoder's table of %d has\n%v, the encoder's of %d\n%v", d.table.max, got, e.table.max, want)
	}
}
