// Server is what net/http's HTTP/2 takes of a unary call: it reads the request, and answers with the same bytes in
// gRPC's framing. It decodes and encodes nothing.
package main

import (
	"encoding/binary"
	"io"
	"net/http"

	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"github.com/curlew-rpc/curlew/bench/internal/peer/peerhttp"
	"google.golang.org/protobuf/proto"
)

func main() {
	config := peer.ParseServer()
	user, err := proto.Marshal(peer.NewUser(peer.UserID))
	peer.Check(err)
	answer := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(user))), user...)

	peer.Check(peerhttp.Serve(config, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		h := w.Header()
		h["Content-Type"] = []string{"application/grpc"}
		h["Trailer"] = []string{"Grpc-Status"}
		w.Write(answer)
		h["Grpc-Status"] = []string{"0"}
	})))
}
