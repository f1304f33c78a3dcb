package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A profile says of blocks of code how many statements they have and whether
// they ran. Test binaries of several packages each tell of the same blocks.
type profile struct {
	blocks map[string]block // by position, "path/file.go:1.2,3.4"
}

type block struct {
	statements int
	ran        bool
}

// leftOut are parts of the paths of files of which nothing is asked: generated
// code, and what stands beside it in tests.
var leftOut = []string{".pb.go:", "/golden/"}

// parse reads the blocks of files below a path.
func parse(in io.Reader, under string) (*profile, error) {
	p := &profile{blocks: map[string]block{}}
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if strings.HasPrefix(line, "mode: ") {
			continue
		}
		// path/file.go:1.2,3.4 statements count
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d is no line of a coverage profile: %q", n, line)
		}
		statements, err1 := strconv.Atoi(fields[1])
		count, err2 := strconv.Atoi(fields[2])
		file, _, ok := strings.Cut(fields[0], ":")
		if err := errors.Join(err1, err2); err != nil || !ok {
			return nil, fmt.Errorf("line %d is no line of a coverage profile: %q", n, line)
		}
		if under != "" && !strings.HasPrefix(file, under+"/") {
			continue
		}
		if slices.ContainsFunc(leftOut, func(s string) bool { return strings.Contains(fields[0], s) }) {
			continue
		}
		b := p.blocks[fields[0]]
		p.blocks[fields[0]] = block{statements, b.ran || count > 0}
	}
	if len(p.blocks) == 0 && lines.Err() == nil {
		return nil, errors.New("the profile has no code below the path")
	}
	return p, lines.Err()
}

// A tally counts statements.
type tally struct{ ran, all int }

func (t tally) percent() float64 { return 100 * float64(t.ran) / float64(max(t.all, 1)) }

// report prints the coverage of each package and of all, and reports whether the
// latter is at least so many percent.
func (p *profile) report(out io.Writer, least float64) bool {
	packages := map[string]tally{}
	var total tally
	for position, b := range p.blocks {
		file, _, _ := strings.Cut(position, ":")
		t := packages[path.Dir(file)]
		t.all += b.statements
		total.all += b.statements
		if b.ran {
			t.ran += b.statements
			total.ran += b.statements
		}
		packages[path.Dir(file)] = t
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		t := packages[name]
		fmt.Fprintf(out, "%6.1f %%  %5d of %5d  %s\n", t.percent(), t.ran, t.all, name)
	}
	ok := total.percent() >= least
	word := "at least"
	if !ok {
		word = "NOT at least"
	}
	fmt.Fprintf(out, "%6.1f %%  %5d of %5d  in all, %s %.0f %%\n", total.percent(), total.ran, total.all, word, least)
	return ok
}
