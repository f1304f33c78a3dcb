package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/curlew-rpc/curlew/codec"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// maxFollowed bounds the messages of Follow.
const maxFollowed = 64 << 10

// NewFollowHead prepares the header of a method that Follow calls, whose messages are
// protobuf.
func NewFollowHead(scheme, authority, path, userAgent string) *Head {
	return NewHead(&Head{Codec: codec.Raw("proto"), MaxReceive: maxFollowed, ManyResponses: true}, scheme, authority, path, userAgent)
}

// ErrNotSent says that Follow found no stream free.
var ErrNotSent = errors.New("the connection has no stream free")

// Follow makes a server-streaming call over conn, beside those of the application, and
// gives each message to each until ctx ends, each fails, or the call does. The bytes are
// valid during the call of each. The error is errors.ErrUnsupported for a method that the
// server does not have, where calls like this would take all the streams that it allows
// at once, and where conn is no connection of ours; ErrNotSent when the connection is
// full; io.EOF when the server has ended the call well.
func Follow(ctx context.Context, conn Conn, head *Head, request []byte, each func(msg []byte) error) error {
	c, ours := conn.(*ClientConn)
	if !ours {
		return errors.ErrUnsupported // its far end may be another one for each call
	}
	defer c.following.Add(-1)
	if n := int(c.following.Add(1)); n >= c.Limit() {
		return fmt.Errorf("the server allows %d streams at once, which leaves none for calls: %w", c.Limit(), errors.ErrUnsupported)
	}
	if !c.Reserve() {
		return ErrNotSent
	}
	e, err := Encode(head.Codec, nil, request, maxFollowed, false)
	if err != nil {
		c.Unreserve()
		return err
	}
	s := head.NewAttempt()
	err = s.Start(c, head, time.Duration(-1), nil, 0, e, true, ctx.Done())
	e.Free()
	if !s.Opened() {
		return err
	}
	defer s.Free()
	defer s.Cancel()
	for msg := []byte(nil); err == nil; {
		if err = s.Receive(&msg, ctx.Done()); err == nil {
			err = each(msg)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == io.EOF {
		if _, st := s.Trailer(); st != nil {
			err = st
		}
	}
	var st *Status
	if errors.As(err, &st) && st.Code == wire.Unimplemented {
		return errors.ErrUnsupported
	}
	return err
}
