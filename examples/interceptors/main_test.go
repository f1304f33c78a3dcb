package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/curlewtest"
	greetv1 "github.com/curlew-rpc/curlew/examples/proto/greet/v1"
)

func TestRun(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	const want = `level=INFO msg=call side=server method=/greet.v1.GreetService/Greet code=OK
k-1815: Hello, Ada! <nil>
level=INFO msg=call side=server method=/greet.v1.GreetService/Greet code=UNAUTHENTICATED
k-0000:  UNAUTHENTICATED: no such key
`
	got := regexp.MustCompile(`time=\S+ | took=\S+`).ReplaceAllString(out.String(), "")
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

func TestLimitSize(t *testing.T) {
	s := curlewtest.NewServer(t, func(s *curlew.Server) {
		greetv1.RegisterGreetService(s, greeter{})
	}, curlewtest.WithServer(curlew.WithInterceptors(limitSize(10))))
	greet := greetv1.NewGreetServiceClient(s.Client)
	for name, want := range map[string]curlew.Code{"short": curlew.OK, "much too long": curlew.InvalidArgument} {
		_, err := greet.Greet(t.Context(), &greetv1.GreetRequest{Name: name})
		if curlew.CodeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
