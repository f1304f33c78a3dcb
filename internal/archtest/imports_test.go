package archtest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// A rule says what packages may import beyond the standard library: packages of
// this module by their path below it, others by their full path. A path that
// ends in "/..." is a package and all below it. The first rule that fits a
// package holds.
type rule struct {
	pkg string
	may []string
}

// protobuf is what generated code and those that read descriptors stand on.
const protobuf = "google.golang.org/protobuf/..."

var rules = []rule{
	// The public API is the one place where protocol and engine meet users' types.
	{".", []string{
		"balance", "codec", "compress", "resolve",
		"golang.org/x/time/rate", "internal/backoff", "internal/bufpool", "internal/channel", "internal/h2", "internal/h2/frame", "internal/jsonfield", "internal/limit", "internal/listen", "internal/retry", "internal/transport", "internal/wire/grpc",
	}},
	{"balance", []string{"internal/jsonfield", "resolve"}},
	{"codec", []string{"codec/fast", "internal/jsonpb", protobuf}},
	{"codec/fast", []string{protobuf}},
	{"compress", []string{"compress/internal/inflate"}},
	{"compress/internal/inflate", nil},
	{"compress/internal/compresstest", []string{"compress"}},
	{"resolve", nil},
	{"resolve/internal/dnstest", nil},

	// What is built on the public API.
	{"curlewtest", []string{".", "balance", "codec", "compress", "resolve", protobuf}},
	{"health", []string{".", "health/internal/healthpb", protobuf}},
	{"orca", []string{".", "orca/internal/orcapb", protobuf}},
	{"reflection", []string{".", "health", "orca", "reflection/internal/reflectionpb", protobuf}},
	{"web/internal/transcode/internal/testpb", []string{protobuf}},
	{"web/internal/librarypb/...", []string{".", "codec/fast", "web/internal/librarypb/...", protobuf}},
	{"web/internal/transcode", []string{"internal/wire/grpc", "internal/wire/rest", "internal/jsonpb", protobuf}},
	{"web/internal/site", []string{
		".", "codec", "compress", "internal/bufpool", "internal/jsonpb", "internal/transport", "internal/wire/...", "web/internal/transcode", protobuf,
	}},
	{"web/internal/webclient", []string{".", "codec", "compress", "internal/wire/...", "internal/transport"}},
	{"web", []string{".", "codec", "compress", "health", "internal/openapi", "internal/transport", "web/internal/...", protobuf}},

	{"internal/openapi", []string{"internal/wire/rest", protobuf}},
	{"web/internal/apidoc", []string{"internal/openapi", protobuf}},

	// The engine. HTTP/2 knows nothing of gRPC, gRPC's rules nothing of connections;
	// the transport brings them together and nothing else does.
	{"internal/h2/flow", nil},
	{"internal/h2/frame", nil},
	{"internal/h2/hpack", nil},
	{"internal/h2", []string{"golang.org/x/sys/unix", "internal/bufpool", "internal/signal", "internal/h2/flow", "internal/h2/frame", "internal/h2/hpack"}},
	{"internal/wire/grpc", nil},
	// Their statuses, metadata and lists are gRPC's.
	{"internal/wire/connect", []string{"internal/wire/grpc"}},
	{"internal/wire/grpcweb", []string{"internal/wire/grpc"}},
	{"internal/wire/...", nil},
	{"internal/transport", []string{
		"codec", "compress", "internal/bufpool", "internal/signal", "internal/backoff",
		"internal/h2", "internal/h2/frame", "internal/h2/hpack", "internal/wire/...",
	}},
	{"internal/transport/rawpeer", []string{"internal/h2/frame", "internal/h2/hpack"}},
	{"internal/channel", []string{"balance", "resolve", "internal/backoff", "internal/signal"}},
	{"internal/backoff", nil},
	{"internal/retry", nil},
	{"internal/jsonfield", nil},
	{"internal/jsonpb", []string{protobuf}},
	{"internal/jsonpb/...", []string{"codec/fast", "internal/jsonpb/...", protobuf}},
	{"internal/limit", nil},
	{"internal/listen", []string{"golang.org/x/sys/unix"}},
	{"internal/bufpool", nil},
	{"internal/signal", nil},

	// The generator, and what it made.
	{"internal/gen", []string{protobuf}},
	{"cmd/protoc-gen-curlew", []string{"internal/gen", protobuf}},
	{"internal/privatepb", nil},
	{"internal/gen/...", []string{".", "codec/fast", "internal/gen/...", protobuf}},
	{"internal/testproto/...", []string{".", "codec/fast", "internal/testproto/...", protobuf}},
	{"codec/internal/...", []string{"codec/fast", "codec/internal/...", protobuf}},
	{"health/internal/...", []string{".", protobuf}},
	{"orca/internal/...", []string{".", protobuf}},
	{"reflection/internal/...", []string{".", protobuf}},
	{"internal/archtest", nil},
}

// internalFor lists what packages of other modules use of this module's
// internals; all else they do with the public API.
var internalFor = []rule{
	// Showing what crosses the wire takes the rules by which it is read.
	{"cmd/curlew/internal/connect", []string{"internal/wire/grpc"}},
	{"cmd/curlew/internal/demo", []string{"internal/h2/frame", "internal/h2/hpack", "internal/wire/grpc"}},
	{"cmd/curlew/internal/wiretap", []string{"internal/h2/frame", "internal/h2/hpack", "internal/wire/grpc"}},
	{"cmd/curlew/internal/openapi", []string{"internal/openapi"}},
	{"cmd/curlew/...", []string{"internal/gen"}},
	// An attacker makes frames that no API would.
	{"interop/hostile/internal/arena", []string{"internal/h2/frame", "internal/h2/hpack", "internal/transport/rawpeer"}},
	{"interop/openapi", []string{"internal/openapi"}},
	// It is a part of servers and clients, in a module of its own for what it stands on.
	{"http3", []string{"internal/transport", "internal/wire/grpc"}},
	{"interop/...", []string{"internal/testproto/..."}},
	{"bench/...", []string{"internal/testproto/..."}},
}

func matches(pattern, path string) bool {
	prefix, below := strings.CutSuffix(pattern, "/...")
	return path == prefix || below && strings.HasPrefix(path, prefix+"/")
}

func ruleFor(rules []rule, path string) *rule {
	i := slices.IndexFunc(rules, func(r rule) bool { return matches(r.pkg, path) })
	if i < 0 {
		return nil
	}
	return &rules[i]
}

func (r *rule) allows(path string) bool {
	return r != nil && slices.ContainsFunc(r.may, func(p string) bool { return matches(p, path) })
}

// isStandard reports whether a path is one of the standard library: their first
// elements have no dot.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func TestImportRules(t *testing.T) {
	used := map[string]bool{}
	for _, p := range list(t, ".", "./...") {
		path, _ := relative(p.ImportPath)
		r := ruleFor(rules, path)
		if r == nil {
			t.Errorf("package %s: no rule says what it may import; add one", path)
			continue
		}
		used[r.pkg] = true
		for _, imp := range p.Imports {
			if rel, ours := relative(imp); ours {
				imp = rel
			} else if isStandard(imp) {
				continue
			}
			if !r.allows(imp) {
				t.Errorf("package %s may not import %s", path, imp)
			}
		}
	}
	for _, must := range []string{".", "codec", "internal/h2", "internal/h2/frame", "internal/transport", "internal/channel", "internal/wire/grpc", "internal/wire/connect", "internal/wire/grpcweb"} {
		if !used[must] {
			t.Errorf("the rule for %s fits no package", must)
		}
	}
}

func TestOtherModulesUseThePublicAPI(t *testing.T) {
	for _, dir := range workspaceModules(t) {
		if dir == "." {
			continue
		}
		for _, p := range list(t, dir, "./...") {
			path, ours := relative(p.ImportPath)
			if !ours {
				t.Errorf("module %s: the path of package %s is not below %s", dir, p.ImportPath, modulePath)
			}
			for _, imp := range p.Imports {
				rel, ours := relative(imp)
				if ours && strings.HasPrefix(rel, "internal/") && !ruleFor(internalFor, path).allows(rel) {
					t.Errorf("package %s imports %s: it is to use the public API", path, rel)
				}
			}
		}
	}
}

// A program that calls or serves links only what it needs.
func TestRootPackageIsLight(t *testing.T) {
	heavy := []string{"net/http/...", "text/template/...", "html/template", "net/rpc/...", "expvar", "google.golang.org/grpc/...", "golang.org/x/net/..."}
	deps := list(t, ".", "-deps", ".")
	if len(deps) < 50 {
		t.Fatalf("go list -deps names only %d packages", len(deps))
	}
	for _, p := range deps {
		for _, h := range heavy {
			if matches(h, p.ImportPath) {
				t.Errorf("the root package depends on %s", p.ImportPath)
			}
		}
	}
}

func TestRootModuleRequirements(t *testing.T) {
	var mod struct {
		Require []struct{ Path string }
		Replace []struct{ Old struct{ Path string } }
	}
	if err := json.Unmarshal(run(t, ".", "mod", "edit", "-json"), &mod); err != nil {
		t.Fatal(err)
	}
	if len(mod.Require) == 0 {
		t.Error("go.mod requires nothing: the test cannot see it")
	}
	for _, r := range mod.Require {
		if r.Path != "google.golang.org/protobuf" && !strings.HasPrefix(r.Path, "golang.org/x/") {
			t.Errorf("the root module requires %s: put what needs it in a module of its own", r.Path)
		}
	}
	for _, r := range mod.Replace {
		t.Errorf("the root module replaces %s, which does not hold for its importers", r.Old.Path)
	}
}

// Tools, and what is measured beside Curlew, have versions of their own, which are no
// business of the rest: their modules are outside of the workspace.
var toolModules = []string{"internal/tools", "interop/suites", "bench", "bench/peers/grpcgateway", "bench/peers/kitex", "bench/peers/vanguard"}

// Every other module is in the workspace, so that its tests run.
func TestWorkspaceIsWhole(t *testing.T) {
	dirs := workspaceModules(t)
	walk(t, func(path string) {
		dir, ok := strings.CutSuffix(path, "go.mod")
		if dir = strings.TrimSuffix(dir, "/"); dir == "" {
			dir = "."
		}
		if ok && !slices.Contains(append(dirs, toolModules...), dir) {
			t.Errorf("module %s is not in go.work", dir)
		}
	})
}
