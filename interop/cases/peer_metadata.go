package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/curlew-rpc/curlew"
	"github.com/curlew-rpc/curlew/interop/internal/peerpb"
)

// fields is metadata of every sort.
var fields = [][2]string{
	{"x-one", "value"},
	{"x-many", "first"},
	{"x-many", "second, with a comma"},
	{"x-many", "third"},
	{"x-all-ascii", `!"#$%&'()* +,-./:;<=>?@[\]^_{|}~` + "`"},
	{"x-under_score.and-dot", "v"},
	{"x-one-bin", "\x00\x01\xfe\xff"},
	{"x-many-bin", "\x00"},
	{"x-many-bin", "\x01\x02"},
	{"x-many-bin", "\xff\xfe\xfd"},
	{"x-every-bin", every()},
	{"x-long", strings.Repeat("0123456789", 300)},
}

// every is every byte.
func every() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}

// names are the names in fields, and valuesOf the values of one.
func names() (names []string) {
	for _, f := range fields {
		if !slices.Contains(names, f[0]) {
			names = append(names, f[0])
		}
	}
	return names
}

func valuesOf(name string) (values []string) {
	for _, f := range fields {
		if f[0] == name {
			values = append(values, f[1])
		}
	}
	return values
}

// withFields returns options that send all fields.
func withFields() (opts []curlew.CallOption) {
	for _, f := range fields {
		opts = append(opts, curlew.AddHeader(f[0], f[1]))
	}
	return opts
}

// checkFields checks that got has every field, the names with a prefix.
func (e *Env) checkFields(what, prefix string, got *curlew.Header) error {
	var errs []error
	for _, name := range names() {
		values, want := slices.Collect(got.Values(prefix+name)), valuesOf(name)
		if e.JoinsMetadata && !strings.HasSuffix(name, "-bin") {
			want = []string{strings.Join(want, ", ")}
		}
		if !slices.Equal(values, want) {
			errs = append(errs, fmt.Errorf("%s: %s is %q, want %q", what, prefix+name, values, want))
		}
	}
	return errors.Join(errs...)
}

// checkSeen checks that the server has seen every field.
func (e *Env) checkSeen(res *peerpb.Response) error {
	var seen curlew.Header
	for _, m := range res.Metadata {
		seen.Add(m.Name, string(m.Value))
	}
	return e.checkFields("seen by the server", "", &seen)
}

func peerMetadata(ctx context.Context, e *Env) error {
	var header, trailer curlew.Header
	svc := e.peer().With(withFields()...).With(curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer))
	// Twice: the second time the names are in the compression tables.
	for range 2 {
		header, trailer = curlew.Header{}, curlew.Header{}
		res, err := svc.Unary(ctx, &peerpb.Request{})
		if err != nil {
			return err
		}
		if err := errors.Join(e.checkSeen(res), e.checkFields("header", "", &header), e.checkFields("trailer", "t", &trailer)); err != nil {
			return err
		}
	}
	return nil
}

func peerMetadataOfStreams(ctx context.Context, e *Env) error {
	var header, trailer curlew.Header
	svc := e.peer().With(withFields()...).With(curlew.CaptureHeader(&header), curlew.CaptureTrailer(&trailer))
	for res, err := range svc.ServerStream(ctx, &peerpb.Request{Responses: 1}) {
		if err != nil {
			return err
		}
		if err := e.checkSeen(res); err != nil {
			return err
		}
	}
	if err := errors.Join(e.checkFields("header", "", &header), e.checkFields("trailer", "t", &trailer)); err != nil {
		return fmt.Errorf("ServerStream: %w", err)
	}
	header, trailer = curlew.Header{}, curlew.Header{}
	call, err := svc.Bidi(ctx)
	if err != nil {
		return err
	}
	defer call.Close()
	if err := call.Send(&peerpb.Request{Responses: 1}); err != nil {
		return err
	}
	if _, err := call.Recv(); err != nil {
		return err
	}
	if err := finishPeer(call); err != nil {
		return err
	}
	if err := errors.Join(e.checkFields("header", "", &header), e.checkFields("trailer", "t", &trailer)); err != nil {
		return fmt.Errorf("Bidi: %w", err)
	}
	return nil
}

// peerMetadataOfErrors checks metadata of calls that fail. Stacks differ in whether
// an error without messages has a header of its own; all send the trailer.
func peerMetadataOfErrors(ctx context.Context, e *Env) error {
	var trailer curlew.Header
	svc := e.peer().With(withFields()...).With(curlew.CaptureTrailer(&trailer))
	fail := &peerpb.Request{Failure: &peerpb.Failure{Code: int32(curlew.Aborted), Message: "m"}}
	_, err := svc.Unary(ctx, fail)
	if err := errors.Join(checkError("Unary", err, curlew.Aborted, "m"), e.checkFields("Unary's trailer", "t", &trailer)); err != nil {
		return err
	}
	trailer = curlew.Header{}
	for _, err = range svc.ServerStream(ctx, fail) {
	}
	return errors.Join(checkError("ServerStream", err, curlew.Aborted, "m"), e.checkFields("ServerStream's trailer", "t", &trailer))
}
