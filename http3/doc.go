// Package http3 has servers answer, and clients call, over HTTP/3 (RFC 9114): over QUIC,
// which loses no time with a handshake of its own beside TLS's, where the loss of a packet
// holds up only the calls whose data it had, and where connections outlive a change of
// network.
//
//	srv := curlew.NewServer(curlew.WithTLS(cfg), web.Enable(), http3.Enable())
//
// answers on UDP at the same port as on TCP, by all protocols of package web: gRPC
// (https://github.com/grpc/proposal/blob/master/G2-http3-protocol.md), gRPC-Web, Connect
// and REST. Responses over HTTP/1.1 and HTTP/2 announce it, by which browsers come to
// use it.
//
//	client, err := curlew.NewClient("https://api.example.com", http3.WithHTTP3(), curlew.WithTLS(cfg))
//
// calls over it.
//
// It is a module of its own for it stands on github.com/quic-go/quic-go. Neither side
// uses 0-RTT, by which somebody who has recorded a request could have it served again.
package http3
