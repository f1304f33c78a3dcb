package main

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/curlew-rpc/curlew"
	bookshelfv1 "github.com/curlew-rpc/curlew/examples/proto/bookshelf/v1"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	const want = `GET /v1/books/1: 200
  {"id":"1","title":"Birds of the Shore","author":"Ada","pages":212}
GET /v1/books?minPages=100: 200
  {"books":[{"id":"1","title":"Birds of the Shore","author":"Ada","pages":212}]}
GET /v1/authors/Grace/books: 200
  {"books":[{"id":"2","title":"The Long Call","author":"Grace","pages":90}]}
POST /v1/books: 200
  {"id":"3","title":"Waders","author":"Ada"}
PUT /v1/books/3: 200
  {"id":"3","title":"Waders","author":"Ada","pages":30}
PATCH /v1/books/3: 200
  {"id":"3","title":"Waders","author":"Ada","pages":31}
POST /v1/books/3:lend: 200
  {"id":"3","title":"Waders","author":"Ada","pages":31,"borrower":"Edsger"}
POST /v1/books:import: 200
  {"imported":2}
DELETE /v1/books/4: 200
  {}
GET /v1/books/2:read: 200
  The Long Call
  
  by Grace
  
  Once upon a shore.
a book without a title: 400, code 3, book.title is empty
  type.googleapis.com/google.rpc.BadRequest: book.title is empty
the books, as application/x-ndjson
  Birds of the Shore
  The Long Call
the books, as text/event-stream
  data: {"id":"1","title":"Birds of the Shore","author":"Ada","pages":212}
  data: {"id":"2","title":"The Long Call","author":"Grace","pages":90}
  event: end
  data: {}
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", &out, want)
	}
}

// A handler is a function: what it does is tested without HTTP.
func TestLendOnce(t *testing.T) {
	s := newShelf()
	var (
		wg   sync.WaitGroup
		errs = make([]error, 10)
	)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.LendBook(t.Context(), &bookshelfv1.LendBookRequest{Id: "1", Borrower: "Edsger"})
		})
	}
	wg.Wait()
	lent := 0
	for _, err := range errs {
		switch {
		case err == nil:
			lent++
		case !errors.Is(err, curlew.FailedPrecondition):
			t.Error(err)
		}
	}
	if lent != 1 {
		t.Errorf("the book is lent %d times", lent)
	}
}

func TestUpdateWithAnUnknownMask(t *testing.T) {
	_, err := newShelf().UpdateBook(t.Context(), &bookshelfv1.UpdateBookRequest{
		Book: &bookshelfv1.Book{Id: "1"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"borrower"}},
	})
	if !errors.Is(err, curlew.InvalidArgument) {
		t.Errorf("it answers %v", err)
	}
}
