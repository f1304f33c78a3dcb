package call

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/term"
)

// A transcript shows what passes beside the messages.
type transcript struct {
	w     io.Writer
	style term.Style
	shown bool // the response header has been
}

func (t *transcript) line(side, format string, args ...any) {
	fmt.Fprintf(t.w, "%s %s\n", t.style.Dim(side), fmt.Sprintf(format, args...))
}

func (t *transcript) request(m *curlew.Method, headers []string) {
	t.line(">", "%s  (%s)", t.style.Bold(m.Path), m.Kind)
	for _, h := range headers {
		t.line(">", "%s", h)
	}
}

// header shows the response header once.
func (t *transcript) header(h *curlew.Header) {
	if t.shown {
		return
	}
	t.shown = true
	t.fields("", h)
}

func (t *transcript) fields(what string, h *curlew.Header) {
	for name, value := range h.All() {
		if strings.HasSuffix(name, "-bin") {
			value = base64.StdEncoding.EncodeToString([]byte(value))
		}
		t.line("<", "%s%s: %s", what, name, value)
	}
}

func (t *transcript) end(trailer *curlew.Header, peer *curlew.Peer, err error, took time.Duration) {
	t.fields("trailer ", trailer)
	from := ""
	if peer.Addr != nil {
		from = " from " + peer.Addr.String()
		if peer.TLS != nil {
			from += " by TLS"
		}
	}
	t.line("*", "%s%s after %.2f ms", curlew.CodeOf(err), from, float64(took)/float64(time.Millisecond))
}
