package websocket

import (
	"errors"
	"testing"
)

// The example of RFC 6455 §1.3.
const sampleNonce, sampleAccept = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

func TestAccept(t *testing.T) {
	if got := Accept(sampleNonce); got != sampleAccept {
		t.Errorf("Accept = %q", got)
	}
	if got := Key([16]byte([]byte("the sample nonce"))); got != sampleNonce {
		t.Errorf("Key = %q", got)
	}
}

func TestCheckUpgrade(t *testing.T) {
	fine := Request{"GET", "Upgrade", "websocket", "13", sampleNonce}
	tests := []struct {
		name   string
		change func(r *Request)
		status int
	}{
		{"example", func(*Request) {}, 0},
		{"lists", func(r *Request) { r.Connection, r.Upgrade = "keep-alive , UPGRADE", "h2c,\tWebSocket" }, 0},
		{"blanks", func(r *Request) { r.Version, r.Key = " 13", sampleNonce+"\t" }, 0},
		{"POST", func(r *Request) { r.Method = "POST" }, 405},
		{"get", func(r *Request) { r.Method = "get" }, 405},
		{"no connection", func(r *Request) { r.Connection = "" }, 400},
		{"other connection", func(r *Request) { r.Connection = "upgrades, keep-alive" }, 400},
		{"no upgrade", func(r *Request) { r.Upgrade = "" }, 426},
		{"other upgrade", func(r *Request) { r.Upgrade = "web socket, h2c" }, 426},
		{"upgrade that is one only for Unicode", func(r *Request) { r.Upgrade = "websoc\u212aet" }, 426},
		{"no version", func(r *Request) { r.Version = "" }, 426},
		{"version 8", func(r *Request) { r.Version = "8" }, 426},
		{"versions", func(r *Request) { r.Version = "13, 8" }, 426},
		{"no key", func(r *Request) { r.Key = "" }, 400},
		{"short key", func(r *Request) { r.Key = "dGhlIHNhbXBsZSBub25j" }, 400},
		{"key of 17 bytes", func(r *Request) { r.Key = "dGhlIHNhbXBsZSBub25jZWU=" }, 400},
		{"key of 18 bytes", func(r *Request) { r.Key = "dGhlIHNhbXBsZSBub25jZWVl" }, 400},
		{"key without padding", func(r *Request) { r.Key = "dGhlIHNhbXBsZSBub25jZQ" }, 400},
		{"key with a line end", func(r *Request) { r.Key = "dGhlIHNhbXBsZSBub25j\r\nZQ" }, 400},
		{"no base64", func(r *Request) { r.Key = "dGhlIHNhbXBsZSBub25j*Q==" }, 400},
		{"two keys", func(r *Request) { r.Key = sampleNonce + ", " + sampleNonce }, 400},
	}
	for _, test := range tests {
		r := fine
		test.change(&r)
		err := CheckUpgrade(&r)
		if test.status == 0 {
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			continue
		}
		var e *HandshakeError
		if !errors.As(err, &e) || e.Status != test.status {
			t.Errorf("%s: %v, want status %d", test.name, err, test.status)
		}
	}
}

func TestIsUpgrade(t *testing.T) {
	if !IsUpgrade("keep-alive, Upgrade", "WebSocket") {
		t.Error("an upgrade is none")
	}
	for _, pair := range [][2]string{{"", ""}, {"upgrade", "h2c"}, {"keep-alive", "websocket"}} {
		if IsUpgrade(pair[0], pair[1]) {
			t.Errorf("IsUpgrade(%q, %q)", pair[0], pair[1])
		}
	}
}

func TestCheckResponse(t *testing.T) {
	const protocols = "curlew.v1, other"
	fine := Response{101, "Upgrade", "websocket", sampleAccept, "curlew.v1", ""}
	tests := []struct {
		name   string
		change func(r *Response)
		want   error
	}{
		{"as wanted", func(*Response) {}, nil},
		{"no sub-protocol", func(r *Response) { r.Protocol = "" }, nil},
		{"letter case", func(r *Response) { r.Connection, r.Upgrade = "uPgrade", "WEBSOCKET" }, nil},
		{"status", func(r *Response) { r.Status = 200 }, errStatus},
		{"upgrade", func(r *Response) { r.Upgrade = "h2c" }, errNoUpgrade},
		{"connection", func(r *Response) { r.Connection = "close" }, errConnections},
		{"accept", func(r *Response) { r.Accept = sampleNonce }, errAccept},
		{"no accept", func(r *Response) { r.Accept = "" }, errAccept},
		{"extension", func(r *Response) { r.Extensions = "permessage-deflate" }, errExtension},
		{"sub-protocol", func(r *Response) { r.Protocol = "curlew.v2" }, errProtocol},
		{"sub-protocols", func(r *Response) { r.Protocol = protocols }, errProtocol},
	}
	for _, test := range tests {
		r := fine
		test.change(&r)
		if err := CheckResponse(&r, sampleNonce, protocols); err != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestOffers(t *testing.T) {
	for list, want := range map[string]bool{
		"curlew.v1": true, "a,curlew.v1": true, " a ,\tcurlew.v1 ": true, "": false, "Curlew.v1": false, "curlew.v1;x": false, "curlew.v": false, "curlew.v11": false,
	} {
		if got := Offers(list, "curlew.v1"); got != want {
			t.Errorf("Offers(%q) = %v", list, got)
		}
	}
	if Offers("", "") || Offers("a,,b", "") {
		t.Error("no name is offered")
	}
}
