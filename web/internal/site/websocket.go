package site

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/curlew-rpc/curlew/internal/transport"
	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
	"github.com/curlew-rpc/curlew/internal/wire/websocket"
)

// subprotocol is what WEBSOCKET.md describes: one call over a WebSocket of its own.
const subprotocol = "curlew.v1"

// upgrade serves a request to speak WebSocket, and reports whether it was one that is
// for the services. Others may have WebSockets of their own at other paths.
func (s *Site) upgrade(w http.ResponseWriter, r *http.Request, m *transport.Message) bool {
	if !websocket.IsUpgrade(list(m, "connection"), list(m, "upgrade")) {
		return false
	}
	path, query := splitPath(m)
	offered := websocket.Offers(list(m, "sec-websocket-protocol"), subprotocol)
	method := s.table.Load().methods[path]
	if method == nil && !offered {
		return false
	}
	foreign, ok := s.judgeOrigin(r)
	switch err := checkUpgrade(r, m); {
	case err != nil:
		if err.Status == http.StatusUpgradeRequired {
			w.Header().Set("Upgrade", "websocket")
			w.Header().Set("Sec-WebSocket-Version", websocket.Version)
		}
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close") // or net/http would wait for the content
		}
		http.Error(w, err.Message, err.Status)
	case !ok:
		http.Error(w, "pages of this origin may not call", http.StatusForbidden)
	case !offered:
		http.Error(w, "calls over WebSocket are made by the sub-protocol "+subprotocol, http.StatusBadRequest)
	default:
		p := &opening{site: s, m: m, method: method, path: path, anonymous: foreign && !s.cfg.CORS.Credentials}
		if p.query, _ = url.ParseQuery(query); p.query == nil {
			p.query = url.Values{}
		}
		s.switchProtocols(w, r, p)
	}
	return true
}

// checkUpgrade judges a request's opening handshake.
func checkUpgrade(r *http.Request, m *transport.Message) *websocket.HandshakeError {
	if !r.ProtoAtLeast(1, 1) {
		return &websocket.HandshakeError{Status: 400, Message: "a handshake needs HTTP/1.1"}
	}
	if r.ContentLength != 0 {
		// It would be taken for frames.
		return &websocket.HandshakeError{Status: 400, Message: "a handshake has no content"}
	}
	err := websocket.CheckUpgrade(&websocket.Request{
		Method:     m.Method,
		Connection: list(m, "connection"),
		Upgrade:    list(m, "upgrade"),
		Version:    list(m, "sec-websocket-version"),
		Key:        list(m, "sec-websocket-key"),
	})
	var he *websocket.HandshakeError
	if errors.As(err, &he) {
		return he
	}
	return nil
}

// judgeOrigin reports whether a request comes from a page of another site, and whether it
// may come from where it does. Browsers let every page open WebSockets to everywhere,
// and send along the cookies that the user has there (RFC 6455 §10.2): it is for the
// server to tell them apart.
func (s *Site) judgeOrigin(r *http.Request) (foreign, ok bool) {
	switch origins := r.Header["Origin"]; {
	case len(origins) == 0:
		return false, true // no browser
	case len(origins) > 1:
		return true, false
	case ownOrigin(origins[0], r.Host, r.TLS != nil):
		return false, true
	default:
		return true, s.cfg.CORS.allows(origins[0])
	}
}

// ownOrigin reports whether an origin is that of the host that was asked. Where TLS ends
// before us, that there was some is not known here.
func ownOrigin(origin, host string, secure bool) bool {
	scheme, name, _ := strings.Cut(origin, "://")
	port := ":443"
	switch scheme {
	case "https":
	case "http":
		port = ":80"
		if secure {
			return false
		}
	default:
		return false
	}
	return name != "" && wire.EqualFold(strings.TrimSuffix(name, port), strings.TrimSuffix(host, port))
}

// anonymized returns the state of TLS without the client's certificate, which browsers
// show on behalf of any page.
func anonymized(state *tls.ConnectionState) *tls.ConnectionState {
	if state == nil {
		return nil
	}
	bare := *state
	bare.PeerCertificates, bare.VerifiedChains = nil, nil
	return &bare
}

// switchProtocols answers the handshake and serves what follows.
func (s *Site) switchProtocols(w http.ResponseWriter, r *http.Request, p *opening) {
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.host.Logger.Error("no WebSocket can be had from this HTTP server", "err", err)
		http.Error(w, "this server cannot switch protocols", http.StatusNotImplemented)
		return
	}
	if c, ok := nc.(*http1Conn); ok {
		c.keep() // by what cuts the sockets
	}
	early, _ := rw.Reader.Peek(rw.Reader.Buffered()) // what has been buffered can be had
	c := newSocket(s, nc, early)
	c.peer = peerOf(r)
	if p.anonymous {
		c.peer.TLS = anonymized(c.peer.TLS)
	}
	header := w.Header() // somebody before us may have set cookies
	header.Set("Upgrade", "websocket")
	header.Set("Connection", "Upgrade")
	header.Set("Sec-WebSocket-Accept", websocket.Accept(strings.TrimSpace(r.Header.Get("Sec-WebSocket-Key"))))
	header.Set("Sec-WebSocket-Protocol", subprotocol)
	s.sockets.add(c)
	defer s.sockets.remove(c)
	c.serve(r.Context(), header, p)
}
