// Package web brings the protocols of the web to Curlew: Connect and gRPC-Web, over
// HTTP/2 connections of Curlew's own and over those of net/http.
package web
