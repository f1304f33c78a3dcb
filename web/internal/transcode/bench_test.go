package transcode

import (
	"testing"

	"github.com/curlew-rpc/curlew/internal/wire/rest"
	"github.com/curlew-rpc/curlew/web/internal/transcode/internal/testpb"
)

// getCall is a GET with two variables in the path and two parameters.
func getCall(tb testing.TB) (b *Binding, r *rest.Router[*Binding]) {
	tb.Helper()
	b = mustCompile(tb, method("GetMessage"), "GET /v1/users/{user_id}/messages/{message_id}", Options{})
	r = &rest.Router[*Binding]{}
	if err := r.Add("test", b.Verb(), b.Template(), b); err != nil {
		tb.Fatal(err)
	}
	return b, r
}

func TestFillAllocations(t *testing.T) {
	_, r := getCall(t)
	space := make([]string, 0, 4)
	msg := &testpb.GetMessageRequest{}
	const most = 0
	if got := testing.AllocsPerRun(100, func() {
		msg.Reset()
		m := r.Find("GET", "/v1/users/me/messages/123456", space)
		if err := m.Value.Fill(msg, Request{Vars: m.Vars, Query: "revision=2&name=foo"}); err != nil {
			t.Fatal(err)
		}
	}); got > most {
		t.Errorf("%v allocations, want at most %d", got, most)
	}
}

func BenchmarkFillGet(b *testing.B) {
	_, r := getCall(b)
	space := make([]string, 0, 4)
	msg := &testpb.GetMessageRequest{}
	b.ReportAllocs()
	for b.Loop() {
		msg.Reset()
		m := r.Find("GET", "/v1/users/me/messages/123456", space)
		if err := m.Value.Fill(msg, Request{Vars: m.Vars, Query: "revision=2&name=foo"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFillPatch(b *testing.B) {
	binding := mustCompile(b, method("UpdateMessage"), "PATCH /v1/messages/{message_id} message", Options{})
	msg := &testpb.UpdateMessageRequest{}
	in := Request{Vars: []string{"123456"}, Body: []byte(`{"text":"Hi!"}`)}
	b.ReportAllocs()
	for b.Loop() {
		msg.Reset()
		if err := binding.Fill(msg, in); err != nil {
			b.Fatal(err)
		}
	}
}
