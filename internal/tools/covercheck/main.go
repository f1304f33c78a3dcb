// Covercheck reads a profile of `go test -coverprofile`, shows the coverage of
// each package below a path, and fails if that of all of them is too low. Of
// generated files it counts nothing.
//
//	covercheck -min 85 -under github.com/curlew-rpc/curlew/internal cover.out
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	least := flag.Float64("min", 0, "the least coverage of all packages together, in percent")
	under := flag.String("under", "", "the path below which packages count")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: covercheck [-min PERCENT] [-under PATH] PROFILE")
		os.Exit(2)
	}
	ok, err := check(flag.Arg(0), *under, *least)
	if err != nil {
		fmt.Fprintln(os.Stderr, "covercheck:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func check(file, under string, least float64) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	p, err := parse(f, under)
	if err != nil {
		return false, fmt.Errorf("%s: %w", file, err)
	}
	return p.report(os.Stdout, least), nil
}
