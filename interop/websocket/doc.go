// Package websocket makes the same calls by gRPC and over WebSocket, the latter with
// github.com/coder/websocket: whatever a call sends and gets, it is to be the same.
package websocket
