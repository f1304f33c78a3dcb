package schema

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	shopv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/shop/v1"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
)

const (
	root = ".." // where demo/orders/v1/orders.proto is
	shop = "demo/shop/v1/shop.proto"
)

func checkShop(t *testing.T, s Source) {
	t.Helper()
	services, err := s.Services(t.Context())
	if err != nil || !slices.Contains(services, shopv1.ShopName) {
		t.Fatalf("services: %q, %v", services, err)
	}
	md, err := Method(t.Context(), s, shopv1.ShopName, "AwaitDelivery")
	if err != nil {
		t.Fatal(err)
	}
	if md.Output().FullName() != "demo.orders.v1.Order" || md.Output().Fields().ByName("placed_at").Message().IsPlaceholder() {
		t.Errorf("the response is %v", md.Output())
	}
	if _, err := Method(t.Context(), s, shopv1.ShopName, "Await"); err == nil {
		t.Error("found a method that is not there")
	}
	packed, err := anypb.New(&ordersv1.GetOrderRequest{Id: 4})
	if err != nil {
		t.Fatal(err)
	}
	if got := (msgjson.Format{Resolver: s.Resolver(t.Context())}).Line(packed); !strings.HasSuffix(got, `,"id":4}`) {
		t.Errorf("got %s", got)
	}
}

func TestFromProtos(t *testing.T) {
	for _, name := range []string{shop, filepath.Join(root, shop)} {
		s, err := FromProtos(t.Context(), []string{root}, []string{name})
		if err != nil {
			t.Fatal(err)
		}
		checkShop(t, s)
	}
}

func TestFromProtosInCurrentDirectory(t *testing.T) {
	t.Chdir(root)
	s, err := FromProtos(t.Context(), nil, []string{shop})
	if err != nil {
		t.Fatal(err)
	}
	checkShop(t, s)
}

func TestFromProtosFails(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.proto")
	if err := os.WriteFile(bad, []byte("syntax = \"proto3\";\nmessage M { Gone g = 1; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name        string
		roots, file string
		want        string
	}{
		{"an error in it", dir, bad, "bad.proto:2:"},
		{"not there", dir, "gone.proto", "gone.proto"},
		{"outside", dir, filepath.Join(root, shop), "shop.proto"},
	}
	for _, test := range tests {
		if _, err := FromProtos(t.Context(), []string{test.roots}, []string{test.file}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// set writes a FileDescriptorSet, and returns its path.
func set(t *testing.T, files ...*descriptorpb.FileDescriptorProto) string {
	t.Helper()
	b, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: files})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "set.binpb")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFromSets(t *testing.T) {
	orders := set(t, protodesc.ToFileDescriptorProto(ordersv1.File_demo_orders_v1_orders_proto))
	both := set(t, protodesc.ToFileDescriptorProto(ordersv1.File_demo_orders_v1_orders_proto), protodesc.ToFileDescriptorProto(shopv1.File_demo_shop_v1_shop_proto))
	s, err := FromSets([]string{orders, both})
	if err != nil {
		t.Fatal(err)
	}
	checkShop(t, s)
}

func TestFromSetsFails(t *testing.T) {
	bad := file("bad.proto", "fake", "Bad", nil)
	bad.Syntax = proto.String("proto9")
	empty := set(t)
	for path, want := range map[string]string{
		filepath.Join(t.TempDir(), "none"): "none",
		empty:                              "is not a file descriptor set",
		filepath.Join(root, shop):          "is not a file descriptor set",
		set(t, bad):                        "the definitions in bad.proto cannot be used",
	} {
		if _, err := FromSets([]string{path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestFlags(t *testing.T) {
	orders := set(t, protodesc.ToFileDescriptorProto(ordersv1.File_demo_orders_v1_orders_proto))
	tests := []struct {
		args []string
		some bool
		want string
	}{
		{nil, false, ""},
		{[]string{"--proto", shop, "-I", root}, true, ""},
		{[]string{"--protoset", orders}, true, ""},
		{[]string{"-I", root}, false, "-I is for the imports of --proto"},
		{[]string{"--protoset", "none"}, false, "none"},
	}
	for _, test := range tests {
		var f Flags
		cmd := new(cobra.Command)
		f.Add(cmd)
		if err := cmd.ParseFlags(test.args); err != nil {
			t.Fatal(err)
		}
		s, err := f.Files(t.Context())
		if (s != nil) != test.some || (err != nil) != (test.want != "") {
			t.Errorf("%q: %v, %v", test.args, s, err)
		}
		if err != nil && (!strings.Contains(err.Error(), test.want) || exit.Status(err) != exit.Usage) {
			t.Errorf("%q: %v", test.args, err)
		}
	}
}
