package site

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/curlew-rpc/curlew/internal/transport"
)

// A clock gives the field date of responses that caches may keep (RFC 9110 §6.6.1), made
// once a second.
type clock struct {
	now atomic.Pointer[datedField]
}

type datedField struct {
	second int64
	field  transport.Field
}

func (c *clock) date() transport.Field {
	t := time.Now()
	d := c.now.Load()
	if d == nil || d.second != t.Unix() {
		d = &datedField{t.Unix(), transport.Field{Name: "date", Value: t.UTC().Format(http.TimeFormat)}}
		c.now.Store(d)
	}
	return d.field
}
