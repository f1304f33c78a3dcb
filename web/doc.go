// Package web has a server answer every client that a team has, from the same handlers
// and on the same port: browsers and partners beside other services.
//
//	srv := curlew.NewServer(web.Enable())
//
// answers, over HTTP/2 and HTTP/1.1,
//
//   - gRPC, as before (over HTTP/2);
//   - gRPC-Web, in binary and in text
//     (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md);
//   - Connect, unary by POST and GET, and streams (https://connectrpc.com/docs/protocol):
//     curl -d '{"name": "Ada"}' localhost:8080/greet.v1.GreetService/Greet;
//   - REST with JSON, by the rules of google.api.http in the .proto files; streams are JSON
//     on lines, or server-sent events for clients that accept text/event-stream;
//   - all kinds of calls over WebSocket, by the sub-protocol that WEBSOCKET.md describes.
//
// HTTP/3 is a matter of the module http3, whose options go beside these.
//
// [Handler] puts a server into an HTTP server that is there already.
//
// As a client's option, [WithProtocol] and [WithRoundTripper] have it speak Connect or
// gRPC-Web, through networks that break HTTP/2 for instance.
package web
