package load

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Request is what a server is sent over and over.
type Request struct {
	Paths  []string // asked for in turn, with their queries
	Header []string // as "name: value"
	Body   []byte   // of a POST; nil is a GET
}

// Method is the path of the unary method that all servers have.
const Method = "/curlew.bench.v1.Bench/GetUser"

// GetUser is a call of Method in gRPC's protocol: the message has the id 7.
var GetUser = Request{
	Paths:  []string{Method},
	Header: []string{"content-type: application/grpc", "te: trailers"},
	Body:   Frame([]byte{0x08, 0x07}),
}

// File is the request for what lies at the path of Method.
var File = Request{Paths: []string{Method}}

// Frame puts gRPC's prefix of five bytes before a message.
func Frame(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// Fetch sends the request once, for one of its paths, over HTTP/2 in the clear to
// the server at url, and returns the body of the answer. An answer with a status
// other than 200 is an error.
func (r Request) Fetch(ctx context.Context, url, path string) ([]byte, error) {
	method := http.MethodGet
	if r.Body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, url+path, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	for _, field := range r.Header {
		name, value, _ := strings.Cut(field, ": ")
		req.Header.Set(name, value)
	}
	transport := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	resp, err := transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %q", method, path, resp.Status, body)
	}
	return body, err
}
