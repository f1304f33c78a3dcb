package scenario

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/curlew-rpc/curlew/bench/internal/load"
	fixture "github.com/curlew-rpc/curlew/bench/internal/peer"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// jsonOf and protoOf are the user of an id, encoded.
func jsonOf(t *testing.T, id int64) string {
	t.Helper()
	b, err := protojson.Marshal(fixture.NewUser(id))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func protoOf(t *testing.T, id int64) string {
	t.Helper()
	b, err := proto.Marshal(fixture.NewUser(id))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// framed is a frame of gRPC-Web.
func framed(flags byte, data string) string {
	return string(binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(data)))) + data
}

func TestWebCallsTellRightAnswers(t *testing.T) {
	message := framed(0, protoOf(t, webUser))
	for _, tt := range []struct {
		name string
		call webCall
		body string
		want string // of the error; empty is a right answer
	}{
		{"Connect with JSON", connectJSON(), jsonOf(t, webUser), ""},
		{"an error of Connect", connectJSON(), `{"code":"internal"}`, "unknown field"},
		{"another user", connectJSON(), jsonOf(t, 8), "want"},
		{"Connect with protobuf", connectProto(), protoOf(t, webUser), ""},
		{"nothing", connectProto(), "", "want"},
		{"gRPC-Web", grpcWeb(), message + framed(0x80, "grpc-status: 0\r\n"), ""},
		{"gRPC-Web, written closer", grpcWeb(), message + framed(0x80, "Grpc-Message:\r\nGrpc-Status:0\r\n"), ""},
		{"a status of gRPC-Web", grpcWeb(), message + framed(0x80, "grpc-status: 13\r\n"), "no status 0"},
		{"no message", grpcWeb(), framed(0x80, "grpc-status: 0\r\n"), "no message"},
		{"no trailers", grpcWeb(), message, "no whole frame"},
		{"two messages", grpcWeb(), message + message, "no end of an answer"},
		{"half a message", grpcWeb(), message[:20], "no whole frame"},
		{"REST", restGet(), jsonOf(t, restUser), ""},
		{"REST, without what the query asks for", restGet(), `{"id":"1000","name":"Ada Lovelace"}`, "want"},
		{"REST, POST", restPost(), jsonOf(t, webUser), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.call.check(0, []byte(tt.body))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("check = %v, want %q", err, tt.want)
			}
		})
	}
}

// What is posted is the user that is to come back.
func TestPostIsOfTheUser(t *testing.T) {
	if call := restPost(); call.check(0, call.Body) != nil {
		t.Errorf("the body %s is not the user: %v", call.Body, call.check(0, call.Body))
	}
}

func TestVerifyReadsTheFirstAnswerAndTheLast(t *testing.T) {
	var last string
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id int64
		fmt.Sscanf(r.URL.Path, "/v1/users/%d", &id)
		if r.URL.Query().Get("with_tags") != "true" || r.URL.Query().Get("locale") != fixture.UserLocale {
			t.Errorf("query %q", r.URL.RawQuery)
		}
		if last = r.URL.Path; id == restUser {
			io.WriteString(w, jsonOf(t, id))
			return
		}
		io.WriteString(w, jsonOf(t, restUser)) // as a server does that looks at no path
	})}
	srv.Protocols.SetUnencryptedHTTP2(true)
	ended := make(chan error)
	go func() { ended <- srv.Serve(l) }()
	defer func() {
		srv.Close()
		<-ended
	}()
	err = restGet().verify(context.Background(), "http://"+l.Addr().String())
	if err == nil || last != "/v1/users/1255" {
		t.Errorf("verify = %v, with %s asked for last; want an error about the last user", err, last)
	}
}

// All answers have to be of one length, which is what the load checks.
func TestUsersOfRESTAreEquallyLong(t *testing.T) {
	call := restGet()
	for i := range call.Paths {
		if len(call.Paths[i]) != len(call.Paths[0]) || len(jsonOf(t, call.ids[i])) != len(jsonOf(t, call.ids[0])) {
			t.Fatalf("%s or its answer is longer or shorter than %s", call.Paths[i], call.Paths[0])
		}
	}
}

func TestCommandOfACall(t *testing.T) {
	for _, tt := range []struct {
		call webCall
		want string
	}{
		{restPost(), "-H 'content-type: application/json' -d REQUEST 'http://ADDR/v1/users'"},
		{restGet(), "'http://ADDR/v1/users/1000?locale=en-GB&with_tags=true' ... (256, with other users)"},
		{webCall{Request: load.GetUser}, "-H 'content-type: application/grpc' -H 'te: trailers' -d REQUEST 'http://ADDR" + load.Method + "'"},
	} {
		if got := tt.call.command(); got != tt.want {
			t.Errorf("command %q, want %q", got, tt.want)
		}
	}
}

func TestFindTellsWhoServesTheWeb(t *testing.T) {
	bin := t.TempDir()
	for _, program := range []string{"curlew-server", "curlew-client", "curlew-web", "connectgo-server", "connectgo-client", "vanguard-server"} {
		if err := os.WriteFile(filepath.Join(bin, program), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	found, skipped := Find(bin, []string{Curlew, ConnectGo, Vanguard}, false)
	if len(skipped) > 0 {
		t.Errorf("skipped %q, though vanguard has no client", skipped)
	}
	for _, s := range found {
		want := filepath.Join(bin, s.Name+"-server")
		if s.Name == Curlew {
			want = filepath.Join(bin, "curlew-web")
		}
		if s.Web != want {
			t.Errorf("%s serves the web by %q, want %q", s.Name, s.Web, want)
		}
		fit := ""
		for _, scenario := range All() {
			if scenario.fits(s) && len(scenario.only) == 0 {
				fit += scenario.Name + " "
			}
		}
		if want := "rest-get rest-get-1x100 rest-post rest-post-1x100 "; s.Name == Vanguard && fit != want {
			t.Errorf("vanguard is measured at %s, want %s", fit, want)
		}
	}
}

func TestFleetTakesTurns(t *testing.T) {
	var log []string
	closed, made := 0, 0
	prepare := several(3, func(context.Context, *Env, Subject) (sampler, error) {
		made++
		if made > 5 {
			return nil, io.ErrUnexpectedEOF
		}
		return recorder{fmt.Sprint(made), &log, &closed, -1}, nil
	})
	f, err := prepare(context.Background(), nil, Subject{})
	if err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		if _, err := f.sample(context.Background(), round); err != nil {
			t.Fatal(err)
		}
	}
	f.close()
	if got := strings.Join(log, " "); got != "1 2 3 1 2" || closed != 3 {
		t.Errorf("order %q, %d closed, want 1 2 3 1 2 and three", got, closed)
	}
	if _, err := prepare(context.Background(), nil, Subject{}); err == nil || closed != 5 {
		t.Errorf("%v with %d closed, want an error and all closed", err, closed)
	}
}

func TestScenarioHasTheRoundsItNeeds(t *testing.T) {
	var log bytes.Buffer
	for _, tt := range []struct{ run, most, least, want int }{{5, 0, 0, 5}, {5, 3, 0, 3}, {5, 0, 25, 25}, {30, 0, 25, 30}} {
		var rounds []string
		closed := 0
		e := &Env{Log: &log, Results: &Results{Rounds: tt.run, Stacks: []Stack{{Name: "a"}}}}
		s := Scenario{
			rounds: tt.most, atLeast: tt.least, fits: func(Stack) bool { return true },
			prepare: func(context.Context, *Env, Subject) (sampler, error) {
				return recorder{"a", &rounds, &closed, -1}, nil
			},
		}
		if err := e.Run(context.Background(), s); err != nil || len(rounds) != tt.want {
			t.Errorf("%+v: %d rounds, %v", tt, len(rounds), err)
		}
	}
}
