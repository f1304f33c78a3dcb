package transport

import (
	"encoding/base64"
	"strings"
	"time"

	wire "github.com/curlew-rpc/curlew/internal/wire/grpc"
)

// What clients of more than one protocol read of a response.

// ReadStatus reads the status of trailers, nil for OK. ok is false if they have none
// (PROTOCOL-HTTP2 "Responses").
func ReadStatus(trailer []Field) (st *Status, ok bool) {
	value := FieldValue(trailer, "grpc-status")
	if value == "" {
		return nil, false
	}
	return readGRPCStatus(value, trailer), true
}

func readGRPCStatus(value string, trailer []Field) *Status {
	st := &Status{Code: wire.ParseStatus(value), Message: wire.DecodeMessage(FieldValue(trailer, "grpc-message")), Remote: true}
	if st.Code == wire.OK {
		return nil
	}
	if bin := FieldValue(trailer, "grpc-status-details-bin"); bin != "" {
		raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(bin, "="))
		if err == nil {
			// Details that cannot be read leave the status as the fields say.
			_, _, st.Details, _ = wire.ParseDetails(raw)
		}
	}
	return st
}

// readLoadReport returns the load report of trailers, if there is one. What cannot be
// read is none: it says nothing about the call.
func readLoadReport(trailer []Field) (r wire.LoadReport, ok bool) {
	value := FieldValue(trailer, wire.LoadReportTrailer)
	if value == "" {
		return r, false
	}
	values, err := wire.DecodeBin(value, 1)
	if err != nil || len(values) != 1 {
		return r, false
	}
	r, err = wire.ParseLoadReport([]byte(values[0]))
	return r, err == nil
}

// ReadPushback returns what trailers say of trying again, if they say something: how
// long to wait, or that it is not to be. What cannot be understood forbids it (gRFC A6).
func ReadPushback(trailer []Field) (wait time.Duration, retry, given bool) {
	retry = true
	for i := range trailer {
		if trailer[i].Name != "grpc-retry-pushback-ms" {
			continue
		}
		if given {
			return 0, false, true
		}
		given = true
		wait, retry = wire.ParsePushback(trailer[i].Value)
	}
	return wait, retry, given
}

// ReceivedFields returns the fields of a header section that an application sees.
func ReceivedFields(m *Message) ([]Field, error) {
	out, err := VisibleFields(m.Fields, wire.Visible)
	return out, StatusOf(err)
}

// countVisible returns the number of fields that an application sees by a rule.
func countVisible(fields []Field, rule func(name string) bool) (n int) {
	for i := range fields {
		if rule(fields[i].Name) {
			n++
		}
	}
	return n
}
