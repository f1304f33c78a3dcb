package web_test

import (
	"context"
	"fmt"
	"net/http"

	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/web"
)

// A client that speaks Connect over HTTP/2 connections of its own, and asks by GET where
// a method has no side effects.
func ExampleWithProtocol() {
	client, err := curlew.NewClient("users.internal:8080", web.WithProtocol(web.Connect), web.ConnectGET())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
}

// Where HTTP/2 does not get through, net/http makes the requests, by whatever it and the
// server agree on. Options of curlew's that are about calls hold as ever.
func ExampleWithRoundTripper() {
	ctx := context.Background()
	rt := &http.Transport{Proxy: http.ProxyFromEnvironment}
	client, err := curlew.NewClient("https://api.example.com/rpc", web.WithRoundTripper(rt))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	method := &curlew.Method{Path: "/users.v1.UserService/GetUser"}
	ctx, cancel := context.WithCancel(ctx)
	cancel() // only to have an example that ends
	err = client.Caller().Invoke(ctx, method, wrapperspb.String("ada"), new(wrapperspb.StringValue))
	fmt.Println(curlew.CodeOf(err))
	// Output: CANCELLED
}
