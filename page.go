package curlew

import (
	"errors"
	"fmt"
	"strings"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// HandleText answers plain HTTP/2 GET and HEAD requests for a path with the HTTP
// status and the line of text that f returns: for load balancers and people that
// speak no gRPC. query is what follows the path's question mark, as it was sent. f
// may be called concurrently. A path that has been given before makes Serve fail.
func (s *Server) HandleText(path string, f func(query string) (status int, text string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#") || f == nil || s.pages[path] != nil {
		s.err = errors.Join(s.err, fmt.Errorf("curlew: HandleText(%q): it is no path, it is taken, or there is no function for it", path))
		return
	}
	s.pages[path] = f
}

// page is called on reading goroutines, once for requests that are the same.
func (s *Server) page(path string) transport.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pages[path]
}
