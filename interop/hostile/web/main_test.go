// Package web attacks a server by the protocols that package web brings, above all by
// HTTP/1.1.
package web

import (
	"os"
	"testing"

	"github.com/curlew-rpc/curlew/interop/hostile/internal/arena"
)

func TestMain(m *testing.M) { os.Exit(arena.Main(m)) }
