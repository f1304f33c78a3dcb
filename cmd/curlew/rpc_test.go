package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders"
	ordersv1 "github.com/curlew-rpc/curlew/cmd/curlew/internal/demo/orders/v1"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/curlewtest"
	"github.com/curlew-rpc/curlew/health"
	"github.com/curlew-rpc/curlew/reflection"
	"google.golang.org/protobuf/types/known/durationpb"
)

var update = flag.Bool("update", false, "write the golden files")

// serveOrders starts the service of the demonstration, and returns its address. It
// sends back the header x-echo in its header and trailer, and fails as x-fail says.
func serveOrders(t *testing.T) string {
	t.Helper()
	store, err := orders.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	service, err := orders.New(store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := curlew.NewServer(curlew.WithInterceptors(echo))
	ordersv1.RegisterOrders(s, service)
	health.New().Register(s)
	reflection.Register(s)
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; !errors.Is(err, curlew.ErrServerClosed) {
			t.Error(err)
		}
		service.Close()
		store.Close()
	})
	return l.Addr().String()
}

func echo(ctx context.Context, call *curlew.Call, next curlew.Handler) error {
	if strings.Contains(call.Method().Path, "reflection") {
		return next(ctx, call)
	}
	for _, name := range []string{"x-echo", "x-echo-bin"} {
		if v := call.RequestHeader().Get(name); v != "" {
			call.ResponseHeader().Set(name, v)
			call.Trailer().Set(name, v+v)
		}
	}
	if call.RequestHeader().Has("x-fail") {
		return curlew.Errorf(curlew.Aborted, "as %s wishes", call.RequestHeader().Get("x-fail")).
			With(durationpb.New(1500000000), &ordersv1.OrderEvent{OrderId: 3})
	}
	return next(ctx, call)
}

// A command line, and what it reads.
type commandLine struct {
	args  string // ADDR stands for the server
	stdin string
}

// transcripts are the golden files and the commands in them.
var transcripts = map[string][]commandLine{
	"kinds": {
		{args: `call ADDR demo.orders.v1.Orders/CreateOrder -d {"item":"binoculars","quantity":1,"speed":"SPEED_EXPRESS"}`},
		{args: `call ADDR demo.orders.v1.Orders/WatchOrder -d {"id":1}`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {"id":1}`},
		{args: `call ADDR demo.orders.v1.Orders/ImportOrders -d {"item":"a","quantity":1}{"item":"b","quantity":2}`},
		{args: `call ADDR demo.orders.v1.Orders/ImportOrders`, stdin: "{\"item\":\"c\",\n \"quantity\":3}\n"},
		{args: `call ADDR demo.orders.v1.Orders/ImportOrders -d @-`, stdin: ""},
		{args: `call ADDR demo.orders.v1.Orders/Support -d @`, stdin: `{"text":"Hello"} {"text":"order 1?"}`},
		{args: `call ADDR demo.orders.v1.Orders/Support -d {}`},
	},
	"ways": {
		{args: `call http://ADDR/demo.orders.v1.Orders/CreateOrder -d @testdata/rpc/order.json`},
		{args: `call ADDR/demo.orders.v1.Orders/GetOrder -d {"id":1}`},
		{args: `call ADDR demo.orders.v1.Orders.GetOrder -d {"id":1}`},
		{args: `call ADDR /demo.orders.v1.Orders/ImportOrders --defaults`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {"id":1} --proto demo/orders/v1/orders.proto -I internal`},
		{args: `call ADDR grpc.health.v1.Health/Check --json`},
	},
	"verbose": {
		{args: `call ADDR demo.orders.v1.Orders/Support -v -H x-echo:hello -H X-Echo-Bin:AAH/ -d {}`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -v -d {"id":9}`},
	},
	"errors": {
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {"id":9}`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {"id":9} --json`},
		{args: `call ADDR demo.orders.v1.Orders/CreateOrder`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -H x-fail:Robin`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -H x-fail:Robin --json`},
		{args: `call ADDR demo.orders.v1.Orders/CreateOrder -d {"item":"x","quantity":1} --json`},
		{args: `call ADDR grpc.health.v1.Health/Watch --timeout 1s`},
		{args: `call ADDR demo.orders.v1.Orders/ImportOrders -d {"item":"x"}`},
	},
	"mistakes": {
		{args: `call ADDR demo.orders.v1.Orders/GetOrdr`},
		{args: `call ADDR demo.orders.v1.Order/GetOrder`},
		{args: `call ADDR nothing.like.It/GetOrder`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {"idd":1}`},
		{args: `call ADDR demo.orders.v1.Orders/CreateOrder -d {"speed":"SPEED_EXPRES"}`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {"id":"x"}`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {"id":`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {}{}`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d {}]`},
		{args: `call ADDR demo.orders.v1.Orders/ImportOrders -d {"item":"a","quantity":1}{"itme":"?"}`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -d @testdata/rpc/none.json`},
		{args: `call ADDR`},
		{args: `call ADDR GetOrder`},
		{args: `call http://ADDR/demo.orders.v1.Orders/GetOrder demo.orders.v1.Orders/GetOrder`},
		{args: `call`},
		{args: `call :`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder --nonsense`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -H nonsense`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder --proto none.proto`},
		{args: `call ADDR demo.orders.v1.Orders/GetOrder -k --plaintext`},
	},
	"list": {
		{args: `list ADDR`},
		{args: `list ADDR demo.orders.v1.Orders`},
		{args: `list http://ADDR/grpc.health.v1.Health --long`},
		{args: `list ADDR --json`},
		{args: `list ADDR demo.orders.v1.Orders --json`},
		{args: `list --proto demo/shop/v1/shop.proto -I internal --long`},
		{args: `list --proto demo/shop/v1/shop.proto -I internal demo.shop.v1.Shop`},
		{args: `list ADDR demo.orders.v1.Ordrs`},
		{args: `list`},
		{args: `list :`},
		{args: `list ADDR x --proto demo/shop/v1/shop.proto -I internal`},
		{args: `list --proto none.proto`},
	},
	"describe": {
		{args: `describe ADDR demo.orders.v1.Orders/CreateOrder`},
		{args: `describe --proto demo/shop/v1/shop.proto -I internal demo.shop.v1.Shop.AwaitDelivery`},
		{args: `describe --proto demo/shop/v1/shop.proto -I internal`},
		{args: `describe ADDR demo.orders.v1.State`},
		{args: `describe ADDR demo.orders.v1.Order.iten`},
		{args: `describe ADDR google.protobuf.Timestamp`},
	},
	"openapi": {
		{args: `openapi --proto demo/orders/v1/orders.proto -I internal`},
		{args: `openapi --proto internal/demo/shop/v1/shop.proto -I internal --no-rest --title Shop --version 1.2.3 --server https://shop.example.com --bearer`},
		{args: `openapi --proto demo/orders/v1/orders.proto -I internal -o testdata/rpc/orders.openapi.yaml --check`},
		{args: `openapi --proto demo/shop/v1/shop.proto -I internal -o testdata/rpc/orders.openapi.yaml --check`},
		{args: `openapi --proto demo/orders/v1/orders.proto -I internal -o testdata/rpc/none.json --check`},
	},
	"openapi-server": {
		{args: `openapi ADDR`},
		{args: `openapi ADDR grpc.health.v1.Health --no-connect`},
		{args: `openapi ADDR demo.orders.v1.Order`},
		{args: `openapi --proto demo/orders/v1/orders.proto -I internal grpc.health.v1.Health`},
		{args: `openapi`},
		{args: `openapi ADDR --check`},
		{args: `openapi ADDR -o openapi.xml`},
		{args: `openapi ADDR --no-rest --no-connect`},
		{args: `openapi --help`},
	},
}

var masks = []struct {
	what *regexp.Regexp
	by   string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDR"},
	{regexp.MustCompile(`\d+\.\d\d ms`), "N ms"},
	{regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*Z"`), `"TIME"`},
	// How far an order is: it is carried out meanwhile.
	{regexp.MustCompile(`("speed":"SPEED_STANDARD","state":)"STATE_[A-Z]*"`), "$1 STATE"},
	{regexp.MustCompile("\u00a0"), " "}, // protojson varies the space in its errors
}

// transcript runs a command line and returns what a user would see.
func transcript(t *testing.T, addr string, c commandLine) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := strings.Split(strings.ReplaceAll(c.args, "ADDR", addr), " ")
	status := run(t.Context(), args, strings.NewReader(c.stdin), &stdout, &stderr)
	text := fmt.Sprintf("$ curlew %s\n%s", c.args, &stdout)
	if stderr.Len() > 0 {
		text += "--- standard error\n" + stderr.String()
	}
	text += fmt.Sprintf("--- status %d\n\n", status)
	for _, m := range masks {
		text = m.what.ReplaceAllString(text, m.by)
	}
	return text
}

func TestTranscripts(t *testing.T) {
	for name, lines := range transcripts {
		t.Run(name, func(t *testing.T) {
			curlewtest.NoLeaks(t)
			addr := serveOrders(t)
			var got strings.Builder
			for _, c := range lines {
				got.WriteString(transcript(t, addr, c))
			}
			file := filepath.Join("testdata", "rpc", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

// A screen is standard output that one can look at while the command runs.
type screen struct {
	lines chan string
	part  []byte
}

func newScreen() *screen { return &screen{lines: make(chan string, 100)} }

func (s *screen) Write(p []byte) (int, error) {
	s.part = append(s.part, p...)
	for {
		line, rest, found := bytes.Cut(s.part, []byte("\n"))
		if !found {
			return len(p), nil
		}
		s.lines <- string(line)
		s.part = rest
	}
}

// One can type a request, read the response, and type the next.
func TestInteractive(t *testing.T) {
	curlewtest.NoLeaks(t)
	addr := serveOrders(t)
	keys, typed := io.Pipe()
	shown, status := newScreen(), make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		status <- run(t.Context(), []string{"call", addr, ordersv1.OrdersName + "/Support"}, keys, shown, &stderr)
	}()
	for _, turn := range []struct{ say, hear string }{
		{`{"text":"Hello"}`, `{"from":"support","text":"How can I help? Ask me about an order, by its number."}`},
		{"{\"text\":\n\"order 7\"}\n", `{"from":"support","text":"I cannot find order 7."}`},
	} {
		io.WriteString(typed, turn.say)
		if got := <-shown.lines; got != turn.hear {
			t.Errorf("%s was answered with %s", turn.say, got)
		}
	}
	typed.Close()
	if got := <-shown.lines; got != `{"from":"support","text":"Good-bye!"}` {
		t.Errorf("the end is %s", got)
	}
	if got := <-status; got != 0 {
		t.Errorf("status %d: %s", got, &stderr)
	}
}

// When the server ends the call nobody waits for more requests.
func TestServerEndsFirst(t *testing.T) {
	curlewtest.NoLeaks(t)
	addr := serveOrders(t)
	keys, typed := io.Pipe()
	defer typed.Close()
	go io.WriteString(typed, `{"item":""}`)
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"call", addr, ordersv1.OrdersName + "/ImportOrders"}, keys, &stdout, &stderr)
	if status != 67 || !strings.HasPrefix(stderr.String(), "INVALID_ARGUMENT: order 1 of the import: item is empty") {
		t.Errorf("status %d: %s", status, &stderr)
	}
}

// A mistake in a later request ends a call that has begun.
func TestMistakeInStream(t *testing.T) {
	curlewtest.NoLeaks(t)
	addr := serveOrders(t)
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{"call", addr, ordersv1.OrdersName + "/Support", "-d", `{"text":"Hello"}{"txet":"?"}`}, nil, &stdout, &stderr)
	if status != exit.Usage || stderr.String() != "request 2: (line 1:2): unknown field \"txet\"\ndid you mean text?\n" {
		t.Errorf("status %d: %s", status, &stderr)
	}
}

func TestInterrupt(t *testing.T) {
	curlewtest.NoLeaks(t)
	addr := serveOrders(t)
	ctx, interrupt := context.WithCancel(t.Context())
	shown, status := newScreen(), make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		status <- run(ctx, []string{"call", addr, "grpc.health.v1.Health/Watch"}, nil, shown, &stderr)
	}()
	if got := <-shown.lines; got != `{"status":"SERVING"}` {
		t.Errorf("got %s", got)
	}
	interrupt()
	if got := <-status; got != 65 || !strings.HasPrefix(stderr.String(), "CANCELLED: ") {
		t.Errorf("status %d: %s", got, &stderr)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	for _, args := range [][]string{
		{"call", addr, "a.B/C"}, {"list", addr}, {"describe", addr},
		{"call", addr, "a.B/C", "--json"}, {"list", addr, "--json"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), args, nil, &stdout, &stderr)
		text := stderr.String()
		if status != 78 || stdout.Len() > 0 || !strings.Contains(text, "is the server listening on "+addr+"?") {
			t.Errorf("%q: status %d: %s", args, status, text)
		}
		if isJSON := strings.HasPrefix(text, `{"code":"UNAVAILABLE","number":14,"message":"cannot connect to `); isJSON != slices.Contains(args, "--json") {
			t.Errorf("%q: %s", args, text)
		}
	}
}

// Without reflection the schema has to be given, and then is enough.
func TestNoReflection(t *testing.T) {
	curlewtest.NoLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := curlew.NewServer()
	ordersv1.RegisterOrders(s, ordersv1.UnimplementedOrders{})
	done := make(chan error)
	go func() { done <- s.Serve(l) }()
	defer func() { s.Close(); <-done }()
	for _, test := range []struct {
		args   []string
		status int
		want   string
	}{
		{nil, 1, "the server has no reflection, which would tell its services and messages; give them by --proto or --protoset\n"},
		{[]string{"--proto", "demo/orders/v1/orders.proto", "-I", "internal"}, 76, "UNIMPLEMENTED: /demo.orders.v1.Orders/GetOrder is not implemented\n"},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"call", l.Addr().String(), ordersv1.OrdersName + "/GetOrder"}, test.args...)
		if status := run(t.Context(), args, nil, &stdout, &stderr); status != test.status || stderr.String() != test.want {
			t.Errorf("%q: status %d: %s", test.args, status, &stderr)
		}
	}
}

// What cannot be written is an error of the command, not of the call.
func TestOutputFails(t *testing.T) {
	addr := serveOrders(t)
	for _, args := range [][]string{{"call", addr, "grpc.health.v1.Health/Check"}, {"list", addr}, {"list", addr, "-l"}, {"describe", addr, "demo.orders.v1.State"}} {
		var stderr bytes.Buffer
		if status := run(t.Context(), args, nil, fullDisk{}, &stderr); status != exit.Failure || stderr.String() != "the disk is full\n" {
			t.Errorf("%q: status %d: %s", args, status, &stderr)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }
