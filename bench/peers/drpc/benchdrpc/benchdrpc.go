// Package benchdrpc is the service in terms of drpc: what protoc-gen-go-drpc makes of it, but in a package of its own,
// which that has no option for.
package benchdrpc

import (
	"context"

	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
	"google.golang.org/protobuf/proto"
	"storj.io/drpc"
	"storj.io/drpc/drpcmanager"
	"storj.io/drpc/drpcwire"
)

// The names of the methods.
const (
	GetUser = "/" + peer.Service + "/GetUser"
	List    = "/" + peer.Service + "/List"
	Import  = "/" + peer.Service + "/Import"
	Chat    = "/" + peer.Service + "/Chat"
	Echo    = "/" + peer.Service + "/Echo"
)

// Limits lets messages be as large as other stacks'.
func Limits() drpcmanager.Options {
	return drpcmanager.Options{Reader: drpcwire.ReaderOptions{MaximumBufferSize: peer.MessageLimit}}
}

// Encoding is that of Protocol Buffers.
type Encoding struct{}

// Marshal returns msg encoded.
func (Encoding) Marshal(msg drpc.Message) ([]byte, error) {
	return proto.Marshal(msg.(proto.Message))
}

// MarshalAppend appends msg to buf; drpc prefers it.
func (Encoding) MarshalAppend(buf []byte, msg drpc.Message) ([]byte, error) {
	return proto.MarshalOptions{}.MarshalAppend(buf, msg.(proto.Message))
}

// Unmarshal decodes buf into msg.
func (Encoding) Unmarshal(buf []byte, msg drpc.Message) error {
	return proto.Unmarshal(buf, msg.(proto.Message))
}

// Recv receives a message into msg.
func Recv[T any](stream drpc.Stream) (*T, error) {
	msg := new(T)
	if err := stream.MsgRecv(msg, Encoding{}); err != nil {
		return nil, err
	}
	return msg, nil
}

// Send sends a message.
func Send[T any](stream drpc.Stream, msg *T) error {
	return stream.MsgSend(msg, Encoding{})
}

// Server is what a server implements.
type Server interface {
	GetUser(context.Context, *benchpb.GetUserRequest) (*benchpb.User, error)
	List(*benchpb.ListRequest, drpc.Stream) error
	Import(drpc.Stream) error
	Chat(drpc.Stream) error
	Echo(context.Context, *benchpb.Payload) (*benchpb.Payload, error)
}

// Description describes the service.
type Description struct{}

// NumMethods says how many methods there are.
func (Description) NumMethods() int { return 5 }

// Method describes one of them.
func (Description) Method(n int) (string, drpc.Encoding, drpc.Receiver, any, bool) {
	switch n {
	case 0:
		return GetUser, Encoding{}, func(srv any, ctx context.Context, req, _ any) (drpc.Message, error) {
			return srv.(Server).GetUser(ctx, req.(*benchpb.GetUserRequest))
		}, Server.GetUser, true
	case 1:
		return Echo, Encoding{}, func(srv any, ctx context.Context, req, _ any) (drpc.Message, error) {
			return srv.(Server).Echo(ctx, req.(*benchpb.Payload))
		}, Server.Echo, true
	case 2:
		return List, Encoding{}, func(srv any, _ context.Context, req, stream any) (drpc.Message, error) {
			return nil, srv.(Server).List(req.(*benchpb.ListRequest), stream.(drpc.Stream))
		}, Server.List, true
	case 3:
		return Import, Encoding{}, func(srv any, _ context.Context, stream, _ any) (drpc.Message, error) {
			return nil, srv.(Server).Import(stream.(drpc.Stream))
		}, Server.Import, true
	case 4:
		return Chat, Encoding{}, func(srv any, _ context.Context, stream, _ any) (drpc.Message, error) {
			return nil, srv.(Server).Chat(stream.(drpc.Stream))
		}, Server.Chat, true
	}
	return "", nil, nil, nil, false
}
