package health_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/health"
)

func TestCheck(t *testing.T) {
	c, client := served(t)
	check := func(service string, want health.Status, code curlew.Code) {
		t.Helper()
		status, err := client.Check(t.Context(), service)
		if status != want || curlew.CodeOf(err) != code {
			t.Errorf("Check(%q) = %v, %v, want %v, %v", service, status, err, want, code)
		}
	}
	check("", health.Serving, curlew.OK)
	check("a.A", 0, curlew.NotFound)
	for _, want := range []health.Status{health.NotServing, health.Serving, health.Unknown} {
		c.Set("a.A", want)
		check("a.A", want, curlew.OK)
		check("", health.Serving, curlew.OK)
	}
	c.Set("b.B", health.Serving)
	c.SetAll(health.NotServing)
	check("", health.NotServing, curlew.OK)
	check("a.A", health.NotServing, curlew.OK)
	check("b.B", health.NotServing, curlew.OK)
	check("c.C", 0, curlew.NotFound)
	c.Set("b.B", health.ServiceUnknown)
	check("b.B", 0, curlew.NotFound)
	check("a.A", health.NotServing, curlew.OK)
	c.SetAll(health.ServiceUnknown)
	check("", 0, curlew.NotFound)
}

func TestList(t *testing.T) {
	c, client := served(t)
	c.Set("a.A", health.NotServing)
	c.Set("b.B", health.Unknown)
	c.Set("c.C", health.ServiceUnknown)
	got, err := client.List(t.Context())
	want := map[string]health.Status{"": health.Serving, "a.A": health.NotServing, "b.B": health.Unknown}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("List = %v, %v, want %v", got, err, want)
	}
}

// gRFC A90.
func TestListIsLimited(t *testing.T) {
	c, client := served(t)
	for i := range 99 {
		c.Set(fmt.Sprint("s.S", i), health.Serving)
	}
	if got, err := client.List(t.Context()); err != nil || len(got) != 100 {
		t.Errorf("List has %d services, %v, want 100", len(got), err)
	}
	c.Set("one.more", health.Serving)
	if got, err := client.List(t.Context()); curlew.CodeOf(err) != curlew.ResourceExhausted || got != nil {
		t.Errorf("List = %v, %v", got, err)
	}
}

func TestStatusString(t *testing.T) {
	for status, want := range map[health.Status]string{
		health.Unknown:        "UNKNOWN",
		health.Serving:        "SERVING",
		health.NotServing:     "NOT_SERVING",
		health.ServiceUnknown: "SERVICE_UNKNOWN",
		7:                     "Status(7)",
	} {
		if got := status.String(); got != want {
			t.Errorf("%d is %q, want %q", int32(status), got, want)
		}
	}
}
