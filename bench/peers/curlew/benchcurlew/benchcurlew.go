// Package benchcurlew is what curlew's programs serve.
package benchcurlew

import (
	"context"
	"iter"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/bench/benchpb"
	"github.com/curlew-rpc/curlew/bench/internal/peer"
)

// Bench is the service that is measured.
type Bench struct{}

// GetUser answers with the user.
func (Bench) GetUser(_ context.Context, req *benchpb.GetUserRequest) (*benchpb.User, error) {
	return peer.NewUser(req.GetId()), nil
}

// Echo answers with what it was sent.
func (Bench) Echo(_ context.Context, req *benchpb.Payload) (*benchpb.Payload, error) {
	return req, nil
}

// List sends payloads.
func (Bench) List(_ context.Context, req *benchpb.ListRequest, stream curlew.Sender[*benchpb.Payload]) error {
	return peer.List(req, stream.Send)
}

// Import counts payloads.
func (Bench) Import(_ context.Context, msgs iter.Seq2[*benchpb.Payload, error]) (*benchpb.Summary, error) {
	sum := new(benchpb.Summary)
	for msg, err := range msgs {
		if err != nil {
			return nil, err
		}
		sum.Count++
		sum.Bytes += int64(len(msg.GetData()))
	}
	return sum, nil
}

// Chat answers each payload with itself.
func (Bench) Chat(_ context.Context, stream *curlew.Duplex[*benchpb.Payload, *benchpb.Payload]) error {
	for msg, err := range stream.All() {
		if err != nil {
			return err
		}
		if err := stream.Send(msg); err != nil {
			return err
		}
	}
	return nil
}
