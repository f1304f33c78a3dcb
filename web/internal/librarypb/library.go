// Package librarypb has a service that tests of web serve. It has each form of a rule of
// google.api.http.
//
// The generated code is made, with the protoc-gen-go of the protobuf version in go.mod
// and this module's protoc-gen-curlew, by
//
//	protoc -I . --go_out=. --go_opt=paths=source_relative \
//		--curlew_out=. --curlew_opt=paths=source_relative google/api/annotations.proto library.proto
//
// run in this directory.
package librarypb

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web/internal/librarypb/google/api"
)

// A Shelf is a Library that keeps nothing. What it answers with shows what it was asked.
type Shelf struct{ UnimplementedLibrary }

// Echo implements [Library]. The header x-echo and the trailer x-last are what the
// request's headers of these names were.
func (Shelf) Echo(ctx context.Context, req *Everything) (*Everything, error) {
	call := curlew.CallFrom(ctx)
	if v := call.RequestHeader().Get("x-echo"); v != "" {
		call.ResponseHeader().Set("x-echo", v)
	}
	if v := call.RequestHeader().Get("x-last"); v != "" {
		call.Trailer().Set("x-last", v)
	}
	if v := call.RequestHeader().Get("x-echo-bin"); v != "" {
		call.ResponseHeader().Set("x-echo-bin", v)
	}
	return req, nil
}

// GetBook implements [Library].
func (Shelf) GetBook(_ context.Context, req *GetBookRequest) (*Book, error) {
	return &Book{Name: req.GetName(), Title: "got", Pages: 7}, nil
}

// CreateBook implements [Library].
func (Shelf) CreateBook(_ context.Context, req *CreateBookRequest) (*Book, error) {
	return &Book{Name: req.GetParent() + "/books/" + req.GetBookId(), Title: req.GetBook().GetTitle(), Pages: req.GetBook().GetPages()}, nil
}

// UpdateBook implements [Library].
func (Shelf) UpdateBook(_ context.Context, req *UpdateBookRequest) (*UpdateBookRequest, error) {
	return req, nil
}

// DeleteBook implements [Library].
func (Shelf) DeleteBook(context.Context, *GetBookRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// MoveBook implements [Library].
func (Shelf) MoveBook(_ context.Context, req *MoveBookRequest) (*Book, error) {
	return &Book{Name: req.GetName(), Title: "moved to " + req.GetTo()}, nil
}

// LockBook implements [Library].
func (Shelf) LockBook(_ context.Context, req *GetBookRequest) (*Book, error) {
	return &Book{Name: req.GetName(), Title: "locked"}, nil
}

// GetTitle implements [Library].
func (Shelf) GetTitle(_ context.Context, req *GetBookRequest) (*Book, error) {
	return &Book{Title: "the title of " + req.GetName()}, nil
}

// Upload implements [Library].
func (Shelf) Upload(_ context.Context, req *UploadRequest) (*Book, error) {
	return &Book{Name: req.GetName(), Title: req.GetFile().GetContentType(), Pages: int64(len(req.GetFile().GetData()))}, nil
}

// Download implements [Library]. The file is its name, and its type the part of it behind
// the last point, whatever that is.
func (Shelf) Download(_ context.Context, req *GetBookRequest) (*api.HttpBody, error) {
	_, ct, _ := strings.Cut(req.GetName(), ".")
	return &api.HttpBody{ContentType: ct, Data: []byte(req.GetName())}, nil
}

// Plain implements [Library].
func (Shelf) Plain(_ context.Context, req *GetBookRequest) (*Book, error) {
	return &Book{Name: req.GetName()}, nil
}

func failure(req *FailRequest) error {
	if req.GetCode() == 0 {
		return nil
	}
	err := curlew.Errorf(curlew.Code(req.GetCode()), "%s", req.GetMessage())
	if req.GetDetail() != nil {
		return err.With(req.GetDetail())
	}
	return err
}

// Fail implements [Library].
func (Shelf) Fail(ctx context.Context, req *FailRequest) (*Book, error) {
	switch req.GetMessage() {
	case "panic":
		panic("as asked")
	case "wait":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	curlew.CallFrom(ctx).Trailer().Set("x-last", "failed")
	return &Book{Title: "well"}, failure(req)
}

// Watch implements [Library].
func (Shelf) Watch(ctx context.Context, req *FailRequest, stream curlew.Sender[*Book]) error {
	call := curlew.CallFrom(ctx)
	call.ResponseHeader().Set("x-echo", "first")
	call.Trailer().Set("x-last", "failed")
	if req.GetMessage() == "header" {
		if err := call.SendHeader(); err != nil {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}
	for i := range req.GetCount() {
		if err := stream.Send(&Book{Name: fmt.Sprint("book ", i)}); err != nil {
			return err
		}
	}
	return failure(req)
}

// Import implements [Library].
func (Shelf) Import(_ context.Context, reqs iter.Seq2[*Book, error]) (*Book, error) {
	sum := &Book{}
	for b, err := range reqs {
		if err != nil {
			return nil, err
		}
		sum.Title += b.GetTitle() + ";"
		sum.Pages++
	}
	return sum, nil
}

// Discuss implements [Library].
func (Shelf) Discuss(_ context.Context, stream *curlew.Duplex[*Book, *Book]) error {
	for {
		b, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = stream.Send(b)
		}
		if err != nil {
			return err
		}
	}
}

// Chunks implements [Library].
func (Shelf) Chunks(_ context.Context, req *GetBookRequest, stream curlew.Sender[*api.HttpBody]) error {
	for i := range len(req.GetName()) {
		if err := stream.Send(&api.HttpBody{ContentType: "text/plain", Data: []byte(req.GetName()[i : i+1])}); err != nil {
			return err
		}
	}
	return nil
}

// Store implements [Library].
func (Shelf) Store(_ context.Context, reqs iter.Seq2[*api.HttpBody, error]) (*Book, error) {
	sum := &Book{}
	for b, err := range reqs {
		if err != nil {
			return nil, err
		}
		sum.Title = b.GetContentType()
		sum.Pages += int64(len(b.GetData()))
	}
	return sum, nil
}
