package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/msgjson"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/term"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/wiretap"
	"github.com/curlew-rpc/curlew/internal/h2/frame"
	"github.com/curlew-rpc/curlew/internal/h2/hpack"
)

// A timeline is what happened in a scene, in lines:
//
//	0.42 ms  client → orders  DATA  9 B  {"id":1}  END_STREAM
type timeline struct {
	style term.Style
	start time.Time
	rows  []row
	// whole shows all header fields, where otherwise those that are the same in every
	// call are only counted.
	whole bool
}

// A row is a line, and lines below it that belong to it.
type row struct {
	at   time.Time
	lane string
	what string // the frame's type and size
	text []string
}

// add adds what passed between two.
func (t *timeline) add(client, server string, events []wiretap.Event) {
	for i := range events {
		e := &events[i]
		r := row{at: e.At, lane: t.style.Cyan(fmt.Sprintf("%-6s → %-6s", client, server))}
		if !e.FromClient {
			r.lane = t.style.Green(fmt.Sprintf("%-6s ← %-6s", client, server))
		}
		name := e.Frame.Type.String()
		if e.Preface {
			name = "preface"
		}
		r.what = fmt.Sprintf("%-13s %4d B", name, e.Frame.Length)
		r.text = t.describe(e)
		if e.EndStream() {
			r.text[len(r.text)-1] = strings.TrimSpace(r.text[len(r.text)-1] + "  " + t.style.Dim("END_STREAM"))
		}
		if e.Frame.StreamID == 0 {
			r.what = t.style.Dim(r.what)
		}
		t.rows = append(t.rows, r)
	}
}

// addNotes adds what handlers saw.
func (t *timeline) addNotes(notes []note) {
	for _, n := range notes {
		text := fmt.Sprintf("%s begins, with %s left", n.method, ms(n.left))
		if n.ended {
			text = n.method + " ends"
			if n.cut != nil {
				text += fmt.Sprintf(": its context says %q", n.cut)
			}
		}
		t.rows = append(t.rows, row{at: n.at, lane: t.style.Yellow(fmt.Sprintf("%-15s", "in "+n.who)), what: fmt.Sprintf("%-20s", "handler"), text: []string{text}})
	}
}

// print writes the lines in the order of their times.
func (t *timeline) print(p *printer) {
	slices.SortStableFunc(t.rows, func(a, b row) int { return a.at.Compare(b.at) })
	for _, r := range t.rows {
		offset := max(r.at.Sub(t.start), 0)
		p.line("%s  %s  %s  %s", t.style.Dim(fmt.Sprintf("%11s", ms(offset))), r.lane, r.what, r.text[0])
		for _, more := range r.text[1:] {
			p.line("%52s  %s", "", more)
		}
	}
}

// describe returns what an event says, in one line at least.
func (t *timeline) describe(e *wiretap.Event) []string {
	switch {
	case e.Preface:
		return []string{t.style.Dim("PRI * HTTP/2.0")}
	case len(e.Fields) > 0:
		return t.header(e.Fields)
	case e.Frame.Type == frame.TypeData:
		return t.messages(e.Messages)
	case e.Frame.Type == frame.TypeRSTStream:
		return []string{t.style.Red(e.Note)}
	}
	return []string{t.style.Dim(e.Note)}
}

func (t *timeline) messages(messages []wiretap.Message) []string {
	lines := make([]string, 0, 1)
	for _, m := range messages {
		if m.Msg == nil {
			lines = append(lines, fmt.Sprintf("a message of %d B", m.Size))
			continue
		}
		lines = append(lines, msgjson.Format{}.Line(m.Msg))
	}
	if len(lines) == 0 {
		return []string{""}
	}
	return lines
}

// header shows fields: first what the request or response is, then the others.
func (t *timeline) header(fields []hpack.Field) []string {
	var first, rest []string
	same := 0
	for _, f := range fields {
		switch {
		case f.Name == ":method":
			first = append(first, f.Value)
		case f.Name == ":path" && len(first) > 0:
			first[0] += " " + f.Value
		case f.Name == ":status", f.Name == "grpc-status", f.Name == "grpc-message", f.Name == "grpc-timeout":
			first = append(first, f.Name+": "+f.Value)
		case t.whole || !usual[f.Name]:
			rest = append(rest, f.Name+": "+short(f.Value))
		default:
			same++
		}
	}
	if same > 0 {
		first = append(first, t.style.Dim(fmt.Sprintf("(and %d more)", same)))
	}
	lines := []string{strings.Join(first, "  ")}
	for line := range slices.Chunk(rest, 3) {
		lines = append(lines, t.style.Dim(strings.Join(line, "  ")))
	}
	return lines
}

// usual are the fields that are the same in every call of a client.
var usual = map[string]bool{
	":scheme": true, ":authority": true, "te": true, "content-type": true, "user-agent": true,
	"grpc-encoding": true, "grpc-accept-encoding": true,
}

// short cuts a long value.
func short(s string) string {
	const most = 48
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%s… (%d B)", s[:most-10], len(s))
}
