package grpc

import (
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/durationpb"
)

// orcaFile describes the messages of ORCA, as published, for another implementation
// of protobuf to read and write.
func orcaFile(t testing.TB) protoreflect.MessageDescriptors {
	t.Helper()
	field := func(name string, number int32, typ descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: &name, Number: &number, Type: &typ,
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	const double, text, message = descriptorpb.FieldDescriptorProto_TYPE_DOUBLE, descriptorpb.FieldDescriptorProto_TYPE_STRING, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
	report := &descriptorpb.DescriptorProto{
		Name: proto.String("OrcaLoadReport"),
		Field: []*descriptorpb.FieldDescriptorProto{
			field("cpu_utilization", 1, double), field("mem_utilization", 2, double),
			field("rps", 3, descriptorpb.FieldDescriptorProto_TYPE_UINT64),
			field("rps_fractional", 6, double), field("eps", 7, double), field("application_utilization", 9, double),
		},
	}
	for number, names := range map[int32][2]string{
		4: {"request_cost", "RequestCostEntry"}, 5: {"utilization", "UtilizationEntry"}, 8: {"named_metrics", "NamedMetricsEntry"},
	} {
		report.NestedType = append(report.NestedType, &descriptorpb.DescriptorProto{
			Name:    &names[1],
			Field:   []*descriptorpb.FieldDescriptorProto{field("key", 1, text), field("value", 2, double)},
			Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
		})
		f := field(names[0], number, message)
		f.Label, f.TypeName = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(), proto.String(".x.OrcaLoadReport."+names[1])
		report.Field = append(report.Field, f)
	}
	interval := field("report_interval", 1, message)
	interval.TypeName = proto.String(".google.protobuf.Duration")
	costs := field("request_cost_names", 2, text)
	costs.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	f, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("x.proto"), Package: proto.String("x"), Syntax: proto.String("proto3"),
		Dependency: []string{"google/protobuf/duration.proto"},
		MessageType: []*descriptorpb.DescriptorProto{report, {
			Name:  proto.String("OrcaLoadReportRequest"),
			Field: []*descriptorpb.FieldDescriptorProto{interval, costs},
		}},
	}, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return f.Messages()
}

// dynamicReport returns a report as a message of the other implementation.
func dynamicReport(of protoreflect.MessageDescriptor, r LoadReport) *dynamicpb.Message {
	m := dynamicpb.NewMessage(of)
	for name, v := range map[protoreflect.Name]float64{
		"cpu_utilization": r.CPU, "mem_utilization": r.Memory, "application_utilization": r.Application,
		"rps_fractional": r.QPS, "eps": r.EPS,
	} {
		if v != 0 {
			m.Set(of.Fields().ByName(name), protoreflect.ValueOfFloat64(v))
		}
	}
	for name, values := range map[protoreflect.Name]map[string]float64{
		"request_cost": r.Cost, "utilization": r.Utilization, "named_metrics": r.Named,
	} {
		for k, v := range values {
			m.Mutable(of.Fields().ByName(name)).Map().Set(protoreflect.ValueOfString(k).MapKey(), protoreflect.ValueOfFloat64(v))
		}
	}
	return m
}

func randomReport() LoadReport {
	number := func() float64 {
		if rand.IntN(3) == 0 {
			return 0
		}
		return math.Ldexp(rand.Float64(), rand.IntN(40)-20)
	}
	names := func() map[string]float64 {
		m := make(map[string]float64)
		for range rand.IntN(4) {
			m[string([]rune("kühe, käse")[:rand.IntN(10)])] = number()
		}
		if len(m) == 0 {
			return nil
		}
		return m
	}
	return LoadReport{
		CPU: number(), Memory: number(), Application: number(), QPS: number(), EPS: number(),
		Utilization: names(), Cost: names(), Named: names(),
	}
}

// Our bytes are those of another implementation, and we read what it writes in any
// order of names.
func TestLoadReportAsOthersWriteIt(t *testing.T) {
	of := orcaFile(t).ByName("OrcaLoadReport")
	for range 500 {
		r := randomReport()
		m := dynamicReport(of, r)
		for _, deterministic := range []bool{false, true} {
			wire, err := proto.MarshalOptions{Deterministic: deterministic}.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := ParseLoadReport(wire); err != nil || !reflect.DeepEqual(got, r) {
				t.Fatalf("%x: %+v, %v, want %+v", wire, got, err, r)
			}
			if got := AppendLoadReport(nil, r); deterministic && string(got) != string(wire) {
				t.Fatalf("%+v: %x, want %x", r, got, wire)
			}
		}
	}
}

func TestWholeCallsAsOthersWriteThem(t *testing.T) {
	of := orcaFile(t).ByName("OrcaLoadReport")
	m := dynamicReport(of, LoadReport{CPU: 0.5})
	m.Set(of.Fields().ByName("rps"), protoreflect.ValueOfUint64(1<<40))
	wire, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseLoadReport(wire); err != nil || got.QPS != 1<<40 || got.CPU != 0.5 {
		t.Errorf("%+v, %v", got, err)
	}
}

// protobufs returns what protobuf says against b. It says nothing where it panics, which
// its decoder of messages without generated code does for a key of a map that comes with
// two wire types.
func protobufs(b []byte, of protoreflect.MessageDescriptor) (err error) {
	defer func() {
		if recover() != nil {
			err = nil
		}
	}()
	return proto.Unmarshal(b, dynamicpb.NewMessage(of))
}

// Other implementations refuse what we refuse; where we are more patient is in the
// tables.
func FuzzLoadReport(f *testing.F) {
	f.Add(AppendLoadReport(nil, goldenReport.report))
	f.Add([]byte("\x18\x96\x01\x43\x4b\x4c\x44\x09\x00\x00\x00\x00\x00\x00\xf8\x7f"))
	of := orcaFile(f).ByName("OrcaLoadReport")
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseLoadReport(b)
		if theirs := protobufs(b, of); err == nil && theirs != nil {
			t.Fatalf("%x: %+v, where protobuf says %v", b, r, theirs)
		}
		if err != nil {
			if !reflect.DeepEqual(r, LoadReport{}) {
				t.Fatalf("%+v beside %v", r, err)
			}
			return
		}
		for _, v := range []float64{r.CPU, r.Memory, r.Application, r.QPS, r.EPS} {
			if v < 0 || !finite(v) {
				t.Fatalf("%x: %+v", b, r)
			}
		}
		for _, values := range []map[string]float64{r.Utilization, r.Cost, r.Named} {
			for v := range maps.Values(values) {
				if !finite(v) {
					t.Fatalf("%x: %+v", b, r)
				}
			}
		}
		wire := AppendLoadReport(nil, r)
		if back, err := ParseLoadReport(wire); len(wire) <= maxReportLen && (err != nil || !reflect.DeepEqual(back, r)) {
			t.Fatalf("%+v comes back as %+v, %v", r, back, err)
		}
	})
}

func TestLoadReportRequestAsOthersReadIt(t *testing.T) {
	of := orcaFile(t).ByName("OrcaLoadReportRequest")
	for _, interval := range []time.Duration{0, 1, 999_999_999, time.Second, 30 * time.Second, math.MaxInt64} {
		m := dynamicpb.NewMessage(of)
		if err := proto.Unmarshal(AppendLoadReportRequest(nil, interval), m); err != nil {
			t.Fatal(err)
		}
		if interval == 0 {
			if m.Has(of.Fields().ByName("report_interval")) {
				t.Error("no interval is one")
			}
			continue
		}
		d := new(durationpb.Duration)
		inner, err := proto.Marshal(m.Get(of.Fields().ByName("report_interval")).Message().Interface())
		if err == nil {
			err = proto.Unmarshal(inner, d)
		}
		if err != nil || d.AsDuration() != interval {
			t.Errorf("every %v arrives as %v, %v", interval, d.AsDuration(), err)
		}
	}
}
