package site

import (
	"net/http"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// upgrade serves a request to speak WebSocket, and reports whether it was one.
func (s *Site) upgrade(w http.ResponseWriter, r *http.Request, m *transport.Message) bool {
	return false
}
