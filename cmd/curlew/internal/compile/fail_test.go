package compile

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestCancelled(t *testing.T) {
	write(t, map[string]string{"a.proto": "syntax = \"proto3\";"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Roots{"."}).Compile(ctx, []string{"a.proto"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestUnreadable checks what is said of files and directories that cannot be read.
func TestUnreadable(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("everything can be read by this user")
	}
	write(t, map[string]string{"a.proto": "syntax = \"proto3\"; import \"b.proto\";", "b.proto": "", "dir/c.proto": ""})
	if err := os.Chmod("b.proto", 0); err != nil {
		t.Fatal(err)
	}
	_, err := New(Roots{"."}).Compile(t.Context(), []string{"a.proto"})
	if err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("got %v", err)
	}
	if err := os.Chmod("dir", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := (Roots{"dir"}).Find("c.proto"); !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

// TestNotThere asks for a file that no root has.
func TestNotThere(t *testing.T) {
	write(t, nil)
	_, err := New(Roots{"."}).Compile(t.Context(), []string{"a.proto"})
	if err == nil || !strings.Contains(err.Error(), "a.proto") {
		t.Errorf("got %v", err)
	}
}
