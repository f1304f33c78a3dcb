package grpcgo

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/grpclog"
)

// The reference cases report failures by ending the process. A fatal is what the
// log below panics with instead, so that a test can fail and the others go on.
type fatal string

type logger struct{ grpclog.LoggerV2 }

func (logger) FatalDepth(_ int, args ...any) { panic(fatal(strings.TrimSpace(fmt.Sprintln(args...)))) }
func (logger) InfoDepth(int, ...any)         {}
func (logger) WarningDepth(int, ...any)      {}
func (logger) ErrorDepth(int, ...any)        {}

func TestMain(m *testing.M) {
	grpclog.SetLoggerV2(logger{grpclog.NewLoggerV2(discard{}, discard{}, discard{})})
	os.Exit(m.Run())
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// attempt runs a reference case.
func attempt(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		switch p := recover().(type) {
		case nil:
		case fatal:
			t.Error(string(p))
		default:
			panic(p)
		}
	}()
	f()
}

func TestReferenceFailuresAreSeen(t *testing.T) {
	defer func() {
		if p, ok := recover().(fatal); !ok || !strings.Contains(string(p), "broken") {
			t.Errorf("a reference case that fails gives %v", p)
		}
	}()
	grpclog.Component("interop").Fatalf("broken")
}
