package scenario

import (
	"context"
	"debug/buildinfo"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/proc"
)

// modules are those that make a stack in Go what it is.
var modules = map[string]string{
	GRPCGo:      "google.golang.org/grpc",
	"kitex":     "github.com/cloudwego/kitex",
	ConnectGo:   "connectrpc.com/connect",
	Vanguard:    "connectrpc.com/vanguard",
	GRPCGateway: "github.com/grpc-ecosystem/grpc-gateway",
	"drpc":      "storj.io/drpc",
}

var (
	tonicVersion = regexp.MustCompile(`name = "tonic"\s+version = "([^"]+)"`)
	javaVersion  = regexp.MustCompile(`<grpc\.version>([^<]+)<`)
	firstNumber  = regexp.MustCompile(`\d+(\.\d+)+`)
)

// Versions fills in what version each stack is. What cannot be found out stays
// empty.
func Versions(ctx context.Context, bench string, found []Stack) {
	for i := range found {
		found[i].Version = version(ctx, bench, found[i])
	}
}

func version(ctx context.Context, bench string, s Stack) string {
	switch {
	case s.Name == "tonic":
		return inFile(filepath.Join(bench, "peers", "tonic", "Cargo.lock"), tonicVersion)
	case s.Name == "java":
		return inFile(filepath.Join(bench, "peers", "java", "pom.xml"), javaVersion)
	case s.Name == Cpp:
		return printed(ctx, "pkg-config", "--modversion", "grpc++")
	case s.Name == Nghttpd:
		return printed(ctx, s.Server, "--version")
	case s.can(goTime) && s.Server != "":
		return ofGo(s)
	}
	return ""
}

// ofGo reads the version of a Go program's module, and of Go.
func ofGo(s Stack) string {
	info, err := buildinfo.ReadFile(s.Server)
	if err != nil {
		return ""
	}
	compiler := "Go " + strings.TrimPrefix(info.GoVersion, "go")
	for _, dep := range info.Deps {
		if module := modules[s.Name]; module != "" && (dep.Path == module || strings.HasPrefix(dep.Path, module+"/v")) {
			return strings.TrimPrefix(dep.Version, "v") + ", " + compiler
		}
	}
	if s.Name == Curlew {
		return "this tree, " + compiler
	}
	return compiler
}

func inFile(path string, pattern *regexp.Regexp) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if match := pattern.FindSubmatch(b); match != nil {
		return string(match[1])
	}
	return ""
}

// printed returns the first version number that a program prints.
func printed(ctx context.Context, path string, args ...string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := proc.Run(ctx, proc.Options{Path: path, Args: args, Core: anyCore})
	if err != nil {
		return ""
	}
	return firstNumber.FindString(out)
}
