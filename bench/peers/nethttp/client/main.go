// Client is what net/http's HTTP/2 takes of a unary call: it sends the same bytes in gRPC's framing, and reads the
// answer and its status. It encodes and decodes nothing, and makes unary calls only.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/internal/peer/peerhttp"
	"google.golang.org/protobuf/proto"
)

func main() { peer.RunClient(connect) }

const prefixSize = 5

type client struct {
	peer.UnaryOnly
	transport http.RoundTripper
	url       string
	request   []byte // gRPC's prefix and message
}

func connect(ctx context.Context, target peer.Target) (peer.Client, error) {
	msg, err := proto.Marshal(&benchpb.GetUserRequest{Id: peer.UserID})
	if err != nil {
		return nil, err
	}
	transport, url := peerhttp.Connect(target)
	c := client{
		transport: transport,
		url:       url + "/" + peer.Service + "/GetUser",
		request:   append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(msg))), msg...),
	}
	_, err = c.GetUser(ctx, nil) // connects
	return c, err
}

func (c client) GetUser(ctx context.Context, _ *benchpb.GetUserRequest) (*benchpb.User, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(c.request))
	if err != nil {
		return nil, err
	}
	req.Header["Content-Type"] = []string{"application/grpc"}
	req.Header["Te"] = []string{"trailers"}
	if deadline, ok := ctx.Deadline(); ok {
		req.Header["Grpc-Timeout"] = []string{fmt.Sprintf("%du", time.Until(deadline).Microseconds())}
	}
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		return nil, err
	}
	if status := res.Trailer.Get("Grpc-Status"); status != "0" || n != prefixSize+peer.UserBytes {
		return nil, fmt.Errorf("the answer has %d bytes, want %d, and the status %q", n, prefixSize+peer.UserBytes, status)
	}
	return nil, nil
}
