package load

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/curlew-rpc/curlew/bench/internal/proc"
)

const h2loadOutput = `starting benchmark...
progress: 100%% done

finished in %s, 67700.41 req/s, 9.61MB/s
requests: 50000 total, 50000 started, %d done, %d succeeded, %d failed, 0 errored, 0 timeout
status codes: %d 2xx, 0 3xx, %d 4xx, 0 5xx
traffic: 7.10MB (7442268) total, 150.15KB (153750) headers (space savings 96.20%%), 5.58MB (5850000) data
`

func TestParseH2load(t *testing.T) {
	for _, tt := range []struct {
		name, out string
		want      Result
		wantErr   string
	}{
		{
			name: "all succeeded",
			out:  fmt.Sprintf(h2loadOutput, "738.55ms", 50000, 50000, 0, 50000, 0),
			want: Result{Requests: 50000, Data: 5850000, Elapsed: 738550 * time.Microsecond},
		},
		{
			name: "seconds",
			out:  fmt.Sprintf(h2loadOutput, "2.01s", 50000, 50000, 0, 50000, 0),
			want: Result{Requests: 50000, Data: 5850000, Elapsed: 2010 * time.Millisecond},
		},
		{
			name:    "one failed",
			out:     fmt.Sprintf(h2loadOutput, "2.01s", 50000, 49999, 1, 49999, 0),
			wantErr: "requests failed",
		},
		{
			name:    "one not found",
			out:     fmt.Sprintf(h2loadOutput, "2.01s", 50000, 50000, 0, 49999, 1),
			wantErr: "requests failed",
		},
		{
			name:    "none done",
			out:     fmt.Sprintf(h2loadOutput, "2.01s", 0, 0, 0, 0, 0),
			wantErr: "requests failed",
		},
		{name: "no result", out: "could not connect", wantErr: "printed no result"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseH2load(tt.out)
			if problem := mismatch(err, tt.wantErr); problem != "" {
				t.Fatal(problem)
			}
			if err == nil && (got.Requests != tt.want.Requests || got.Data != tt.want.Data || got.Elapsed != tt.want.Elapsed) {
				t.Errorf("parseH2load = %+v, want %+v", got, tt.want)
			}
		})
	}
}

// mismatch says how an error differs from one that has a text; empty is no error.
func mismatch(err error, want string) string {
	switch {
	case want == "" && err != nil:
		return fmt.Sprintf("error %v, want none", err)
	case want != "" && err == nil:
		return fmt.Sprintf("no error, want one with %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		return fmt.Sprintf("error %v, want one with %q", err, want)
	}
	return ""
}

func TestParseLog(t *testing.T) {
	got, err := parseLog(strings.NewReader("1795426717626279\t200\t14539\n1795426717636522\t200\t4353\n"))
	if want := []float64{4353, 14539}; err != nil || !slices.Equal(got, want) {
		t.Errorf("parseLog = %v, %v, want %v", got, err, want)
	}
	for log, want := range map[string]string{
		"":                              "empty",
		"1795426717626279\t-1\t14539\n": "status -1",
		"1795426717626279\t200\n":       "line",
	} {
		_, err := parseLog(strings.NewReader(log))
		if problem := mismatch(err, want); problem != "" {
			t.Errorf("parseLog(%q): %s", log, problem)
		}
	}
}

func TestFollow(t *testing.T) {
	const begin = `{"event":"begin"}` + "\n"
	const end = `{"event":"end","messages":10,"errors":0,"bytes":1120,"seconds":0.5,"cpu_us":70,"p50_us":3,"p99_us":4,"p999_us":5}` + "\n"
	for _, tt := range []struct {
		name, lines, wantErr string
	}{
		{name: "a window", lines: begin + end},
		{name: "a call failed", lines: begin + strings.Replace(end, `"errors":0`, `"errors":2`, 1), wantErr: "2 of its calls failed"},
		{name: "nothing done", lines: begin + strings.Replace(end, `"messages":10`, `"messages":0`, 1), wantErr: "counted 0 messages"},
		{name: "it died", lines: begin, wantErr: "no result"},
		{name: "no begin", lines: end, wantErr: "out of turn"},
		{name: "two begins", lines: begin + begin, wantErr: "out of turn"},
		{name: "something else", lines: "hello\n", wantErr: `line "hello"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			readings := 0
			usage := func() (proc.Usage, error) { readings++; return proc.Usage{}, nil }
			got, _, err := follow(strings.NewReader(tt.lines), usage)
			if problem := mismatch(err, tt.wantErr); problem != "" {
				t.Fatal(problem)
			}
			if err == nil && (got.Messages != 10 || got.CPU != 70 || got.P999 != 5 || readings != 2) {
				t.Errorf("follow = %+v with %d readings of the server, want the line's values and 2", got, readings)
			}
		})
	}

	t.Run("the server died", func(t *testing.T) {
		died := errors.New("no such process")
		_, _, err := follow(strings.NewReader(begin+end), func() (proc.Usage, error) { return proc.Usage{}, died })
		if !errors.Is(err, died) {
			t.Errorf("error %v, want %v", err, died)
		}
	})
}

func TestClientArguments(t *testing.T) {
	c := Client{
		Addr: "127.0.0.1:1", Mode: "chat", Conns: 2, Inflight: 32, Size: 112, Warmup: 500 * time.Millisecond,
		Window: 2 * time.Second, Deadline: time.Second, CA: "ca.pem",
	}
	want := "-addr 127.0.0.1:1 -mode chat -conns 2 -inflight 32 -size 112 -warmup 500ms -time 2000ms -deadline 1000ms -ca ca.pem"
	if got := strings.Join(c.args(), " "); got != want {
		t.Errorf("arguments are\n%s, want\n%s", got, want)
	}
}
