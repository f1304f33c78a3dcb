package demo

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/term"
)

// A printer writes lines. It may be used by several goroutines at once.
type printer struct {
	mu    sync.Mutex
	w     io.Writer
	style term.Style
}

func (p *printer) line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, format+"\n", args...)
}

// howTo says how to call what is served now.
func (p *printer) howTo(h *house) {
	addr := h.ordersHost.addr
	p.line("")
	p.line("%s on %s, and the shop on %s.", p.style.Bold("Serving the orders"), addr, h.shopHost.addr)
	p.line("")
	p.line("Open %s in a browser, %s for the API, or try in another terminal:", p.style.Cyan("http://"+addr+"/"), p.style.Cyan("http://"+addr+"/docs/"))
	p.line("")
	run := command()
	for _, c := range []string{
		run + " list " + addr,
		run + ` call ` + addr + ` demo.orders.v1.Orders/GetOrder -d '{"id": 1}'`,
		run + ` call ` + addr + ` demo.orders.v1.Orders/CreateOrder -d '{"item": "binoculars", "quantity": 1}'`,
		run + ` call ` + addr + ` demo.orders.v1.Orders/Support -d '{"text": "Where is order 1?"}'`,
		run + ` call ` + h.shopHost.addr + ` demo.shop.v1.Shop/AwaitDelivery -d '{"orderId": 1}' --timeout 2s`,
		"",
		"grpcurl -plaintext " + addr + " list",
		`grpcurl -plaintext -d '{"id": 1}' ` + addr + " demo.orders.v1.Orders/WatchOrder",
		"curl " + addr + "/v1/orders/1",
	} {
		if c == "" {
			p.line("")
			continue
		}
		p.line("  %s", p.style.Cyan(c))
	}
	p.line("")
	p.line("Calls show up here. Ctrl-C stops.")
}

// command returns how this program is run.
func command() string {
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, "go-build") {
		return "go run ./cmd/curlew"
	}
	return "curlew"
}

// logLine writes a line for a handler that ended.
func (p *printer) logLine(n note) {
	if !n.ended {
		return
	}
	code := curlew.CodeOf(n.err)
	shown := p.style.Green(code.String())
	if code != curlew.OK {
		shown = p.style.Red(code.String())
	}
	p.line("%s  %-6s  %s %s after %s, from %s", n.at.Format("15:04:05.000"), n.who, n.method, shown, ms(n.took), n.peer)
}

// ms returns a duration in milliseconds.
func ms(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}
