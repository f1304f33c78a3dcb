package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/curlew-rpc/curlew"
	bookshelfv1 "github.com/curlew-rpc/curlew/examples/proto/bookshelf/v1"
)

// A shelf implements bookshelfv1.BookshelfService. It knows nothing of HTTP: what paths
// its methods have is said in bookshelf.proto.
type shelf struct {
	mu      sync.Mutex
	books   map[string]entry
	lastID  int
	version int
	changed chan struct{} // closed by the next change
}

// An entry is a book and when it was changed. The book itself is never changed, only
// replaced: responses that hold it may still be on their way.
type entry struct {
	book    *bookshelfv1.Book
	version int
}

func newShelf() *shelf {
	s := &shelf{books: map[string]entry{}, changed: make(chan struct{})}
	for _, book := range []*bookshelfv1.Book{
		{Id: "1", Title: "Birds of the Shore", Author: "Ada", Pages: 212},
		{Id: "2", Title: "The Long Call", Author: "Grace", Pages: 90},
	} {
		s.putLocked(book) // nobody else has s yet
	}
	return s
}

func (s *shelf) GetBook(_ context.Context, req *bookshelfv1.GetBookRequest) (*bookshelfv1.Book, error) {
	return s.get(req.GetId())
}

func (s *shelf) ListBooks(_ context.Context, req *bookshelfv1.ListBooksRequest) (*bookshelfv1.ListBooksResponse, error) {
	res := &bookshelfv1.ListBooksResponse{}
	for _, e := range s.since(0) {
		if (req.GetAuthor() == "" || e.book.GetAuthor() == req.GetAuthor()) && e.book.GetPages() >= req.GetMinPages() {
			res.Books = append(res.Books, e.book)
		}
	}
	slices.SortFunc(res.Books, func(a, b *bookshelfv1.Book) int { return cmp.Compare(a.GetId(), b.GetId()) })
	return res, nil
}

func (s *shelf) CreateBook(_ context.Context, req *bookshelfv1.CreateBookRequest) (*bookshelfv1.Book, error) {
	return s.add(req.GetBook())
}

func (s *shelf) ReplaceBook(_ context.Context, req *bookshelfv1.ReplaceBookRequest) (*bookshelfv1.Book, error) {
	return s.change(req.GetBook().GetId(), func(book *bookshelfv1.Book) error {
		proto.Reset(book)
		proto.Merge(book, req.GetBook())
		return nil
	})
}

func (s *shelf) UpdateBook(_ context.Context, req *bookshelfv1.UpdateBookRequest) (*bookshelfv1.Book, error) {
	return s.change(req.GetBook().GetId(), func(book *bookshelfv1.Book) error {
		// By REST the mask need not be given: it is what the JSON has.
		for _, path := range req.GetUpdateMask().GetPaths() {
			switch path {
			case "id":
			case "title":
				book.Title = req.GetBook().GetTitle()
			case "author":
				book.Author = req.GetBook().GetAuthor()
			case "pages":
				book.Pages = req.GetBook().GetPages()
			default:
				return violation("update_mask", "names "+path+", which cannot be changed so")
			}
		}
		return nil
	})
}

func (s *shelf) DeleteBook(_ context.Context, req *bookshelfv1.DeleteBookRequest) (*emptypb.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.getLocked(req.GetId()); err != nil {
		return nil, err
	}
	delete(s.books, req.GetId())
	return &emptypb.Empty{}, nil
}

func (s *shelf) LendBook(_ context.Context, req *bookshelfv1.LendBookRequest) (*bookshelfv1.Book, error) {
	return s.change(req.GetId(), func(book *bookshelfv1.Book) error {
		switch {
		case req.GetBorrower() == "":
			return violation("borrower", "is empty")
		case book.GetBorrower() != "":
			return curlew.Errorf(curlew.FailedPrecondition, "%s has it", book.GetBorrower())
		}
		book.Borrower = req.GetBorrower()
		return nil
	})
}

// ReadBook answers with bytes of any type: by REST they are the response itself.
func (s *shelf) ReadBook(_ context.Context, req *bookshelfv1.ReadBookRequest) (*httpbody.HttpBody, error) {
	book, err := s.get(req.GetId())
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s\n\nby %s\n\nOnce upon a shore.\n", book.GetTitle(), book.GetAuthor())
	return &httpbody.HttpBody{ContentType: "text/plain; charset=utf-8", Data: []byte(text)}, nil
}

func (s *shelf) WatchBooks(ctx context.Context, req *bookshelfv1.WatchBooksRequest, out curlew.Sender[*bookshelfv1.Book]) error {
	var sent int32
	for seen := 0; ; {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		for _, e := range s.since(seen) {
			if err := out.Send(e.book); err != nil {
				return err
			}
			seen = e.version
			if sent++; sent == req.GetLimit() {
				return nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done(): // the client has gone
			return ctx.Err()
		}
	}
}

func (s *shelf) ImportBooks(_ context.Context, in iter.Seq2[*bookshelfv1.ImportBooksRequest, error]) (*bookshelfv1.ImportBooksResponse, error) {
	res := &bookshelfv1.ImportBooksResponse{}
	for req, err := range in {
		if err != nil {
			return nil, err
		}
		if _, err := s.add(req.GetBook()); err != nil {
			return nil, err
		}
		res.Imported++
	}
	return res, nil
}

func (s *shelf) FindBooks(_ context.Context, call *curlew.Duplex[*bookshelfv1.FindBooksRequest, *bookshelfv1.FindBooksResponse]) error {
	for req, err := range call.All() {
		if err != nil {
			return err
		}
		res := &bookshelfv1.FindBooksResponse{Word: req.GetWord()}
		for _, e := range s.since(0) {
			if strings.Contains(strings.ToLower(e.book.GetTitle()), strings.ToLower(req.GetWord())) {
				res.Titles = append(res.Titles, e.book.GetTitle())
			}
		}
		if err := call.Send(res); err != nil {
			return err
		}
	}
	return nil
}

// check says what is wrong with a book.
func check(book *bookshelfv1.Book) error {
	if book.GetTitle() == "" {
		return violation("book.title", "is empty")
	}
	return nil
}

// violation returns an error that programs can read: which field is wrong.
func violation(field, what string) error {
	return curlew.Errorf(curlew.InvalidArgument, "%s %s", field, what).With(&errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: what}},
	})
}

func (s *shelf) get(id string) (*bookshelfv1.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.getLocked(id)
}

func (s *shelf) getLocked(id string) (*bookshelfv1.Book, error) {
	e, ok := s.books[id]
	if !ok {
		return nil, curlew.Errorf(curlew.NotFound, "there is no book %s", id).
			With(&errdetails.ResourceInfo{ResourceType: "bookshelf.v1.Book", ResourceName: id})
	}
	return e.book, nil
}

// add puts a new book on the shelf, with a new id if it has none.
func (s *shelf) add(book *bookshelfv1.Book) (*bookshelfv1.Book, error) {
	if err := check(book); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.getLocked(book.GetId()); err == nil {
		return nil, curlew.Errorf(curlew.AlreadyExists, "there is a book %s", book.GetId())
	}
	for book.GetId() == "" {
		s.lastID++
		if id := strconv.Itoa(s.lastID); s.books[id].book == nil {
			book.Id = id
		}
	}
	s.putLocked(book)
	return book, nil
}

// change replaces a book by what f makes of a copy.
func (s *shelf) change(id string, f func(*bookshelfv1.Book) error) (*bookshelfv1.Book, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.getLocked(id)
	if err != nil {
		return nil, err
	}
	book := proto.CloneOf(old)
	if err := cmp.Or(f(book), check(book)); err != nil {
		return nil, err
	}
	s.putLocked(book)
	return book, nil
}

func (s *shelf) putLocked(book *bookshelfv1.Book) {
	s.version++
	s.books[book.GetId()] = entry{book, s.version}
	close(s.changed)
	s.changed = make(chan struct{})
}

// since returns what has changed after a version, in the order of the changes.
func (s *shelf) since(version int) []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []entry
	for _, e := range s.books {
		if e.version > version {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.version, b.version) })
	return all
}
