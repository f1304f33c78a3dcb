// Package site answers what comes to a server's port by other protocols than gRPC over
// HTTP/2: gRPC-Web, Connect, REST/JSON, WebSocket, and gRPC where another HTTP server
// than ours carries it.
//
// A request is a header, a [transport.Message] in whatever version of HTTP it came, and
// a [transport.Carrier] to read its content from and to answer it. The header alone
// decides which route the request takes; requests with the same header on one
// connection take the same route without being looked at again. A route makes an owner
// for each request: a call of a method (which is an [transport.Exchange]), a plain
// response, or a http.Handler.
package site
