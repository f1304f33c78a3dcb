package reflection_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/reflection"
)

func names(t *testing.T, c *call) (names []string) {
	t.Helper()
	for _, s := range ask(t, c, list()).GetListServicesResponse().GetService() {
		names = append(names, s.GetName())
	}
	return names
}

func TestListServices(t *testing.T) {
	for _, version := range versions {
		want := []string{
			"curlew.test.echo.v1.EchoService",
			"grpc.health.v1.Health",
			"grpc.reflection.v1.ServerReflection",
			"grpc.reflection.v1alpha.ServerReflection",
		}
		if got := names(t, served(t, version)); !slices.Equal(got, want) {
			t.Errorf("%s lists %q, want %q", version, got, want)
		}
	}
}

func TestListSomeServices(t *testing.T) {
	c := served(t, "v1", reflection.WithServices(func(name string) bool { return !strings.HasPrefix(name, "grpc.") }))
	if got := names(t, c); !slices.Equal(got, []string{"curlew.test.echo.v1.EchoService"}) {
		t.Errorf("listed: %q", got)
	}
	if got := paths(t, ask(t, c, bySymbol("grpc.health.v1.Health"))); !slices.Equal(got, []string{"grpc/health/v1/health.proto"}) {
		t.Errorf("the file of a service that is not listed: %q", got)
	}
}
