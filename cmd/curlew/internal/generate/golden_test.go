package generate

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

var update = flag.Bool("update", false, "write the golden files")

// repository is the repository's root, seen from here.
const repository = "../../../.."

// TestRepository generates what is committed: the generator's golden packages among
// others.
func TestRepository(t *testing.T) {
	t.Chdir(repository)
	c, err := Load(curlewFile)
	if err != nil {
		t.Fatal(err)
	}
	var notes bytes.Buffer
	if err := Run(t.Context(), c, !*update, &notes); err != nil {
		t.Errorf("%v\n%s", err, &notes)
	}
}

// TestGoldenDescriptors keeps the input of the tests of internal/gen, which has no
// compiler: the descriptors of its golden packages, with their comments.
func TestGoldenDescriptors(t *testing.T) {
	t.Chdir(repository)
	c := &Config{
		Imports: []string{"."},
		Inputs:  []Input{{Path: "internal/gen/internal/golden"}},
		Outputs: DefaultOutputs(),
	}
	in, err := findInputs(c)
	if err != nil {
		t.Fatal(err)
	}
	fs, err := prepare(t.Context(), c, c.Outputs, in, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	set := &descriptorpb.FileDescriptorSet{File: fs.all}
	for _, f := range set.File {
		if fs.paths[f.GetName()] == "" {
			f.SourceCodeInfo = nil
		}
	}
	got, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.FromSlash("internal/gen/testdata/golden.binpb")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is out of date: run go test with -update", file)
	}
}
