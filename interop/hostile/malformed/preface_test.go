package malformed

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/internal/h2/frame"
)

// hangsUp reads until the server closes the connection, and returns what it said.
func hangsUp(t *testing.T, nc net.Conn) []byte {
	t.Helper()
	nc.SetReadDeadline(time.Now().Add(patience))
	b, err := io.ReadAll(nc)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Errorf("the server does not hang up; it said %q", b)
	}
	return b
}

// What is not the preface of RFC 9113 §3.4 ends the connection, whatever it is.
// Nothing that is HTTP/1.1 is answered as such: neither requests (which could be
// smuggled) nor the upgrade that RFC 9113 no longer has.
func TestPreface(t *testing.T) {
	openings := map[string]string{
		"HTTP/1.1":               "GET / HTTP/1.1\r\nHost: echo.test\r\n\r\n",
		"HTTP/1.1 POST":          "POST " + unaryPath + " HTTP/1.1\r\nHost: echo.test\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
		"upgrade to h2c":         "GET / HTTP/1.1\r\nHost: echo.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
		"HTTP/1.0":               "GET / HTTP/1.0\r\n\r\n",
		"another version":        "PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n" + settings,
		"LF for CRLF":            "PRI * HTTP/2.0\n\nSM\n\n" + settings + settings,
		"a letter wrong":         strings.Replace(frame.Preface, "SM", "sm", 1) + settings,
		"frames at once":         settings + settings + settings,
		"zeros":                  strings.Repeat("\x00", 4096),
		"0xff":                   strings.Repeat("\xff", 4096),
		"SSH":                    "SSH-2.0-OpenSSH_9.2\r\n" + strings.Repeat(" ", 30),
		"PROXY":                  "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + frame.Preface,
		"a TLS record":           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("x", 512),
		"the preface, then PING": frame.Preface + string(frame.AppendPing(nil, false, [8]byte{})),
		"the preface, then HTTP": frame.Preface + "GET / HTTP/1.1\r\nHost: echo.test\r\n\r\n",
		"the preface twice":      frame.Preface + frame.Preface,
		"SETTINGS ACK first":     frame.Preface + string(frame.AppendSettingsAck(nil)),
	}
	eachWire(t, func(t *testing.T, tg *target) {
		for name, opening := range openings {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				nc := tg.socket(t)
				if _, err := nc.Write([]byte(opening)); err != nil {
					t.Fatal(err)
				}
				if said := hangsUp(t, nc); bytes.Contains(said, []byte("HTTP/1.1 ")) {
					t.Errorf("the server said %q", said)
				}
				nc.Close() // or the server lingers
				await(t, "it is logged", func() bool { return tg.log.count(nc.LocalAddr().String()) > 0 })
				if n := tg.log.count(nc.LocalAddr().String()); n != 1 {
					t.Errorf("%d lines logged, want 1", n)
				}
				tg.crowd.check(t)
			})
		}
	})
}

// settings is an empty SETTINGS frame.
var settings = string(frame.AppendSettings(nil))
