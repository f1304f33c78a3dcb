package health

import "net/url"

// HTTP returns the status of a service as an HTTP status and a line of text, for
// those who ask without gRPC:
//
//	200  SERVING
//	503  NOT_SERVING, or UNKNOWN
//	404  SERVICE_UNKNOWN
func (c *Checker) HTTP(service string) (status int, text string) {
	c.mu.Lock()
	s := c.statusLocked(service)
	c.mu.Unlock()
	switch s {
	case Serving:
		return 200, s.String()
	case ServiceUnknown:
		return 404, s.String()
	}
	return 503, s.String()
}

// healthz answers a GET of /healthz, the server as a whole, or of
// /healthz?service=shop.v1.Orders.
func (c *Checker) healthz(query string) (status int, text string) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return 400, "the query cannot be read"
	}
	return c.HTTP(values.Get("service"))
}
