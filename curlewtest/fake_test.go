package curlewtest_test

import (
	"errors"
	"testing"

	"github.com/curlew-rpc/curlew/curlewtest"
	echov1 "github.com/curlew-rpc/curlew/internal/testproto/echo/v1"
)

var errGone = errors.New("the client has gone")

func TestSenderCopies(t *testing.T) {
	var out curlewtest.Sender[*echov1.EchoResponse]
	var res echov1.EchoResponse
	for _, res.Text = range []string{"a", "b"} {
		if err := out.Send(&res); err != nil {
			t.Error(err)
		}
	}
	if len(out.Messages) != 2 || out.Messages[0].GetText() != "a" || out.Messages[1].GetText() != "b" {
		t.Errorf("sent %v", out.Messages)
	}
}

func TestSenderFails(t *testing.T) {
	for _, limit := range []int{0, 2} {
		out := curlewtest.Sender[*echov1.EchoResponse]{Err: errGone, Limit: limit}
		for i := range 4 {
			if err := out.Send(new(echov1.EchoResponse)); (err == errGone) != (i >= limit) {
				t.Errorf("limit %d: message %d: %v", limit, i, err)
			}
		}
		if len(out.Messages) != limit {
			t.Errorf("limit %d: %d messages", limit, len(out.Messages))
		}
	}
}

func TestBidi(t *testing.T) {
	requests := []*echov1.EchoRequest{{Text: "a"}, {Payload: []byte("p")}}
	for _, test := range []struct {
		script  curlewtest.Bidi[*echov1.EchoRequest, *echov1.EchoResponse]
		err     error
		answers int
	}{
		{curlewtest.Bidi[*echov1.EchoRequest, *echov1.EchoResponse]{}, nil, 0},
		{curlewtest.Bidi[*echov1.EchoRequest, *echov1.EchoResponse]{Requests: requests}, nil, 2},
		{curlewtest.Bidi[*echov1.EchoRequest, *echov1.EchoResponse]{Requests: requests, Broken: errGone}, errGone, 2},
		{curlewtest.Bidi[*echov1.EchoRequest, *echov1.EchoResponse]{
			Requests: requests, Sender: curlewtest.Sender[*echov1.EchoResponse]{Err: errGone, Limit: 1},
		}, errGone, 1},
	} {
		if err := (echo{}).Bidi(t.Context(), test.script.Duplex()); err != test.err {
			t.Errorf("the handler fails with %v, want %v", err, test.err)
		}
		if len(test.script.Messages) != test.answers || test.answers > 0 && test.script.Messages[0].GetText() != "re: a" {
			t.Errorf("answers %v", test.script.Messages)
		}
	}
}

// The handler owns what it receives.
func TestBidiCopies(t *testing.T) {
	chat := curlewtest.Bidi[*echov1.EchoRequest, *echov1.EchoResponse]{Requests: []*echov1.EchoRequest{{Text: "a", Payload: []byte("p")}}}
	d := chat.Duplex()
	req, err := d.Recv()
	if err != nil {
		t.Fatal(err)
	}
	req.Text, req.Payload[0] = "b", 'x'
	if chat.Requests[0].GetText() != "a" || string(chat.Requests[0].GetPayload()) != "p" {
		t.Errorf("the script has become %v", chat.Requests[0])
	}
	if first, err := chat.Duplex().Recv(); err != nil || first.GetText() != "a" {
		t.Errorf("another Duplex begins with %v, %v", first, err)
	}
}
