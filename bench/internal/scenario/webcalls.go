package scenario

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/load"
	fixture "github.com/curlew-rpc/curlew/bench/internal/peer"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// webCall is a call over one of the web's protocols, and how to tell that it is
// answered right: of the load itself, only that statuses are 200 and that answers
// are as long as those that were read.
type webCall struct {
	load.Request
	// ids are the users that are asked for, one for each path.
	ids []int64
	// message takes the message out of the body of an answer.
	message func(body []byte) (*benchpb.User, error)
}

// verify makes the call for the first path and for the last.
func (c webCall) verify(ctx context.Context, url string) error {
	for _, i := range []int{0, len(c.Paths) - 1} {
		body, err := c.Fetch(ctx, url, c.Paths[i])
		if err != nil {
			return err
		}
		if err := c.check(i, body); err != nil {
			return fmt.Errorf("%s answers %q: %w", c.Paths[i], body, err)
		}
	}
	return nil
}

// check says what is wrong with the answer for one path.
func (c webCall) check(i int, body []byte) error {
	got, err := c.message(body)
	if err != nil {
		return err
	}
	if want := fixture.NewUser(c.ids[i]); !proto.Equal(got, want) {
		return fmt.Errorf("the message is %v, want %v", got, want)
	}
	return nil
}

const (
	webUser = 7
	// The users that REST asks for in turn, whose numbers are equally long: no
	// server is to answer from what it remembers of the last request.
	restUsers = 256
	restUser  = 1000
)

func connectJSON() webCall {
	return webCall{
		Request: load.Request{
			Paths:  []string{load.Method},
			Header: []string{"content-type: application/json", "connect-protocol-version: 1"},
			Body:   []byte(`{"id":"7"}`),
		},
		ids: []int64{webUser}, message: fromJSON,
	}
}

func connectProto() webCall {
	return webCall{
		Request: load.Request{
			Paths:  []string{load.Method},
			Header: []string{"content-type: application/proto", "connect-protocol-version: 1"},
			Body:   []byte{0x08, webUser},
		},
		ids: []int64{webUser}, message: fromProto,
	}
}

func grpcWeb() webCall {
	return webCall{
		Request: load.Request{
			Paths:  []string{load.Method},
			Header: []string{"content-type: application/grpc-web+proto", "x-grpc-web: 1"},
			Body:   load.Frame([]byte{0x08, webUser}),
		},
		ids: []int64{webUser}, message: fromGRPCWeb,
	}
}

func restGet() webCall {
	call := webCall{message: fromJSON}
	for id := int64(restUser); id < restUser+restUsers; id++ {
		call.ids = append(call.ids, id)
		call.Paths = append(call.Paths, fmt.Sprintf("/v1/users/%d?locale=%s&with_tags=true", id, fixture.UserLocale))
	}
	return call
}

func restPost() webCall {
	return webCall{
		Request: load.Request{
			Paths:  []string{"/v1/users"},
			Header: []string{"content-type: application/json"},
			Body: []byte(`{"id":"7","name":"` + fixture.UserName + `","email":"` + fixture.UserEmail + `","bio":"` + fixture.UserBio +
				`","tags":["math","engines","poetry"]}`),
		},
		ids: []int64{webUser}, message: fromJSON,
	}
}

func fromJSON(body []byte) (*benchpb.User, error) {
	user := new(benchpb.User)
	return user, protojson.Unmarshal(body, user)
}

func fromProto(body []byte) (*benchpb.User, error) {
	user := new(benchpb.User)
	return user, proto.Unmarshal(body, user)
}

// trailersFlag marks the frame of a gRPC-Web answer that holds its trailers.
const trailersFlag = 0x80

// fromGRPCWeb reads an answer of two frames: a message, and the trailers of a call
// that succeeded.
func fromGRPCWeb(body []byte) (*benchpb.User, error) {
	flags, message, more, err := cutFrame(body)
	if err != nil || flags != 0 {
		return nil, errors.Join(err, fmt.Errorf("the first frame, with the flags %#x, is no message", flags))
	}
	flags, trailers, more, err := cutFrame(more)
	if err != nil || flags != trailersFlag || len(more) > 0 {
		return nil, errors.Join(err, fmt.Errorf("the second frame, with the flags %#x and %d bytes behind it, is no end of an answer", flags, len(more)))
	}
	if lower := bytes.ToLower(trailers); !bytes.Contains(lower, []byte("grpc-status: 0\r\n")) && !bytes.Contains(lower, []byte("grpc-status:0\r\n")) {
		return nil, fmt.Errorf("the trailers are %q, with no status 0", trailers)
	}
	return fromProto(message)
}

func cutFrame(b []byte) (flags byte, frame, more []byte, err error) {
	if len(b) < prefixLen || len(b)-prefixLen < int(binary.BigEndian.Uint32(b[1:])) {
		return 0, nil, nil, fmt.Errorf("%d bytes are no whole frame", len(b))
	}
	end := prefixLen + int(binary.BigEndian.Uint32(b[1:]))
	return b[0], b[prefixLen:end], b[end:], nil
}
