package grpc

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

// LoadReportTrailer is the trailer in which a response brings a load report (gRFC A51).
const LoadReportTrailer = "endpoint-load-metrics-bin"

// A LoadReport is what a server says of its load, an xds.data.orca.v3.OrcaLoadReport.
// A number that is 0 is one that it does not say.
type LoadReport struct {
	CPU         float64 // utilization: 1 is all that there is, more is possible
	Memory      float64 // utilization, 0 to 1
	Application float64 // utilization as the application sees it
	QPS         float64 // calls a second
	EPS         float64 // errors a second

	// By names that the application has chosen; nil where there are none.
	Utilization map[string]float64 // of resources, as fractions
	Cost        map[string]float64 // of the call that the report came with
	Named       map[string]float64 // of any meaning
}

// Bounds of a report that is parsed. Trailers are limited to less than this; the
// bounds are for what arrives in messages.
const (
	maxReportLen     = 64 << 10
	maxReportEntries = 1 << 10
)

// The fields of xds.data.orca.v3.OrcaLoadReport, as in
// https://github.com/cncf/xds/blob/main/xds/data/orca/v3/orca_load_report.proto
const (
	reportCPU         = 1
	reportMemory      = 2
	reportWholeQPS    = 3 // of older senders
	reportCost        = 4
	reportUtilization = 5
	reportQPS         = 6
	reportEPS         = 7
	reportNamed       = 8
	reportApplication = 9
)

// ParseLoadReport reads an OrcaLoadReport in protobuf binary. Unknown fields are
// skipped, and so are values that nothing can have: what is not finite, and negative
// utilizations and rates. Calls a second come from the whole number of older senders
// where the other is missing. What is not protobuf, or is beyond all reason (64 KiB,
// 1024 names), is an [*Error] with Internal; it says nothing about the call.
func ParseLoadReport(b []byte) (LoadReport, error) {
	if len(b) > maxReportLen {
		return LoadReport{}, errReportBounds
	}
	var (
		r       LoadReport
		whole   uint64
		entries int
	)
	for len(b) > 0 {
		var f field
		if f, b = next(b); b == nil {
			return LoadReport{}, errReport
		}
		switch {
		case f.wireType == wireFixed64:
			if at := r.number(f.id); at != nil {
				*at = positive(double(f.bytes))
			}
		case f.is(reportWholeQPS, wireVarint):
			whole = f.number
		case f.wireType == wireBytes && r.names(f.id) != nil:
			if entries++; entries > maxReportEntries {
				return LoadReport{}, errReportBounds
			}
			name, value, ok := parseEntry(f.bytes)
			if !ok {
				return LoadReport{}, errReport
			}
			r.put(f.id, name, value)
		}
	}
	if r.QPS == 0 {
		r.QPS = float64(whole)
	}
	return r, nil
}

var (
	errReport       = &Error{Internal, "a load report is not an OrcaLoadReport"}
	errReportBounds = &Error{Internal, "a load report is too large"}
)

// number returns where the number of a field belongs, nil for other fields.
func (r *LoadReport) number(id uint64) *float64 {
	switch id {
	case reportCPU:
		return &r.CPU
	case reportMemory:
		return &r.Memory
	case reportQPS:
		return &r.QPS
	case reportEPS:
		return &r.EPS
	case reportApplication:
		return &r.Application
	}
	return nil
}

// names returns where the names of a field belong, nil for other fields.
func (r *LoadReport) names(id uint64) *map[string]float64 {
	switch id {
	case reportCost:
		return &r.Cost
	case reportUtilization:
		return &r.Utilization
	case reportNamed:
		return &r.Named
	}
	return nil
}

func (r *LoadReport) put(id uint64, name string, value float64) {
	if !finite(value) || id == reportUtilization && value < 0 {
		return
	}
	m := r.names(id)
	if *m == nil {
		*m = make(map[string]float64)
	}
	(*m)[name] = value
}

// parseEntry reads an entry of a map from string to double, where what is missing is
// "" or 0.
func parseEntry(b []byte) (name string, value float64, ok bool) {
	for len(b) > 0 {
		var f field
		if f, b = next(b); b == nil {
			return "", 0, false
		}
		switch {
		case f.is(1, wireBytes):
			if !utf8.Valid(f.bytes) {
				return "", 0, false
			}
			name = string(f.bytes)
		case f.is(2, wireFixed64):
			value = double(f.bytes)
		}
	}
	return name, value, true
}

func double(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// positive returns v, or 0 if v is no positive number.
func positive(v float64) float64 {
	if v > 0 && finite(v) {
		return v
	}
	return 0
}

// AppendLoadReport appends an OrcaLoadReport in protobuf binary, with names in their
// order. Bytes of names that are not UTF-8 are replaced.
func AppendLoadReport(dst []byte, r LoadReport) []byte {
	for id := range uint64(reportApplication + 1) {
		if at := r.number(id); at != nil && *at != 0 {
			dst = appendDouble(dst, byte(id), *at)
		}
		if at := r.names(id); at != nil {
			dst = appendEntries(dst, byte(id), *at)
		}
	}
	return dst
}

func appendEntries(dst []byte, id byte, values map[string]float64) []byte {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text := validText(name)
		dst = append(dst, id<<3|wireBytes)
		// A map's entries are whole, whatever is "" or 0: that is what others send.
		dst = binary.AppendUvarint(dst, uint64(max(textLen(len(text)), 2)+9))
		dst = appendText(dst, 1, text)
		dst = appendDouble(dst, 2, values[name])
	}
	return dst
}

func appendDouble(dst []byte, id byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, id<<3|wireFixed64), math.Float64bits(v))
}

// AppendLoadReportRequest appends an xds.service.orca.v3.OrcaLoadReportRequest in
// protobuf binary, which asks for a report every interval. What is not positive
// leaves the interval to the server.
func AppendLoadReportRequest(dst []byte, interval time.Duration) []byte {
	if interval <= 0 {
		return dst
	}
	// A google.protobuf.Duration.
	var d []byte
	if seconds := interval / time.Second; seconds != 0 {
		d = binary.AppendUvarint(append(d, 1<<3|wireVarint), uint64(seconds))
	}
	if nanos := interval % time.Second; nanos != 0 {
		d = binary.AppendUvarint(append(d, 2<<3|wireVarint), uint64(nanos))
	}
	return appendText(dst, 1, d)
}
