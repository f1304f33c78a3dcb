package jsonpb_test

import (
	"sync"
	"testing"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Options are used by many at once, also on types that nobody has met yet.
func TestConcurrentUse(t *testing.T) {
	want, err := jsonpb.Options{}.Append(nil, order())
	if err != nil {
		t.Fatal(err)
	}
	shared := order()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				text, err := jsonpb.Options{}.Append(nil, shared)
				if err != nil || string(text) != string(want) {
					t.Errorf("encoded as %s, %v", text, err)
					return
				}
				for _, m := range []proto.Message{shared.ProtoReflect().New().Interface(), dynamicpb.NewMessage(shared.ProtoReflect().Descriptor())} {
					if err := (jsonpb.Options{}).Unmarshal(text, m); err != nil || !proto.Equal(m, shared) {
						t.Errorf("%T comes back as %v, %v", m, m, err)
						return
					}
				}
			}
		})
	}
	all.Wait()
}
