package transcode

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/curlew-rpc/curlew/internal/jsonpb"
)

// parseText returns the value that text is for a field, one item of it if it is a list.
// For a message, empty is one to fill.
func parseText(fd protoreflect.FieldDescriptor, kind kind, text string, empty func() protoreflect.Value, options *jsonpb.Options) (protoreflect.Value, error) {
	if kind == scalar {
		return parseScalar(fd, text)
	}
	if kind == mask {
		return parseMask(text, empty())
	}
	var space [64]byte
	src := space[:0]
	if !utf8.ValidString(text) {
		return protoreflect.Value{}, errNotUTF8
	}
	if kind == quoted {
		src = appendString(src, text)
	} else {
		src = append(src, text...)
	}
	v := empty()
	if err := options.Unmarshal(src, v.Message().Interface()); err != nil {
		return protoreflect.Value{}, notA(text, string(fd.Message().FullName()))
	}
	return v, nil
}

var errNotUTF8 = fmt.Errorf("text that is not UTF-8")

// maxQuoted bounds how much of a peer's text an error message repeats.
const maxQuoted = 64

// quote renders untrusted text for an error message: printable and short.
func quote(s string) string {
	if len(s) > maxQuoted {
		return strconv.QuoteToASCII(s[:maxQuoted]) + "..."
	}
	return strconv.QuoteToASCII(s)
}

func notA(text, what string) error {
	return fmt.Errorf("%s is no %s", quote(text), what)
}

// parseScalar reads a value as proto3's JSON mapping has it, without quotes.
func parseScalar(fd protoreflect.FieldDescriptor, text string) (v protoreflect.Value, err error) {
	ok := true
	switch kind := fd.Kind(); kind {
	case protoreflect.StringKind:
		if !utf8.ValidString(text) {
			return v, errNotUTF8
		}
		return protoreflect.ValueOfString(text), nil
	case protoreflect.BytesKind:
		b, err := parseBytes(text)
		if err != nil {
			return v, notA(text, "base64")
		}
		return protoreflect.ValueOfBytes(b), nil
	case protoreflect.BoolKind:
		if text != "true" && text != "false" {
			return v, notA(text, "bool, which is true or false")
		}
		return protoreflect.ValueOfBool(text == "true"), nil
	case protoreflect.EnumKind:
		return parseEnum(fd, text)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		var n int64
		n, ok = parseInt(text, 32)
		v = protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		var n int64
		n, ok = parseInt(text, 64)
		v = protoreflect.ValueOfInt64(n)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		n, err := strconv.ParseUint(text, 10, 32)
		ok, v = err == nil, protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		n, err := strconv.ParseUint(text, 10, 64)
		ok, v = err == nil, protoreflect.ValueOfUint64(n)
	case protoreflect.FloatKind:
		var f float64
		f, ok = parseFloat(text, 32)
		v = protoreflect.ValueOfFloat32(float32(f))
	case protoreflect.DoubleKind:
		var f float64
		f, ok = parseFloat(text, 64)
		v = protoreflect.ValueOfFloat64(f)
	default:
		ok = false
	}
	if !ok {
		return protoreflect.Value{}, notA(text, fd.Kind().String())
	}
	return v, nil
}

func parseInt(text string, bits int) (int64, bool) {
	if strings.HasPrefix(text, "+") {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, bits)
	return n, err == nil
}

// parseFloat reads a number of JSON, or the names of those that JSON does not have.
func parseFloat(text string, bits int) (float64, bool) {
	switch text {
	case "NaN", "Infinity", "-Infinity":
	default:
		for i := range len(text) {
			// Neither hexadecimal digits, nor underscores, nor other names.
			if c := text[i]; (c < '0' || c > '9') && c != '-' && c != '.' && c|0x20 != 'e' && (c != '+' || i == 0) {
				return 0, false
			}
		}
	}
	f, err := strconv.ParseFloat(text, bits)
	return f, err == nil
}

// parseEnum reads the name of a value, or its number.
func parseEnum(fd protoreflect.FieldDescriptor, text string) (protoreflect.Value, error) {
	values := fd.Enum().Values()
	if value := values.ByName(protoreflect.Name(text)); value != nil {
		return protoreflect.ValueOfEnum(value.Number()), nil
	}
	n, ok := parseInt(text, 32)
	if !ok || fd.Enum().IsClosed() && values.ByNumber(protoreflect.EnumNumber(n)) == nil {
		return protoreflect.Value{}, notA(text, "value of "+string(fd.Enum().FullName()))
	}
	return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n)), nil
}

// toURL turns base64 of either alphabet to that of URLs. In a query that has been
// decoded a plus sign that a client left as it was is a space.
var toURL = strings.NewReplacer("+", "-", " ", "-", "/", "_")

// parseBytes reads base64, in the standard or the URL alphabet, with padding or without.
func parseBytes(text string) ([]byte, error) {
	if len(text)%4 == 0 {
		text = strings.TrimSuffix(strings.TrimSuffix(text, "="), "=")
	}
	// A line feed within base64 is nothing to the decoder.
	if strings.ContainsAny(text, "\r\n") {
		return nil, base64.CorruptInputError(0)
	}
	return base64.RawURLEncoding.DecodeString(toURL.Replace(text))
}

// parseMask reads names of fields with commas between them. JSON has them in
// lowerCamelCase, but as everybody writes them in queries as the .proto file has them,
// those count too.
func parseMask(text string, v protoreflect.Value) (protoreflect.Value, error) {
	list := v.Message().Mutable(v.Message().Descriptor().Fields().ByName("paths")).List()
	if text == "" {
		return v, nil
	}
	for path := range strings.SplitSeq(text, ",") {
		if !protoreflect.FullName(path).IsValid() {
			return v, notA(text, "google.protobuf.FieldMask")
		}
		if !strings.Contains(path, "_") {
			path = snakeCase(path)
		}
		list.Append(protoreflect.ValueOfString(path))
	}
	return v, nil
}

// snakeCase turns lowerCamelCase to what a .proto file has.
func snakeCase(s string) string {
	out := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			out = append(out, '_', c|0x20)
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}

// parseKey reads the key of a map.
func parseKey(fd protoreflect.FieldDescriptor, text string) (protoreflect.MapKey, error) {
	v, err := parseScalar(fd.MapKey(), text)
	if err != nil {
		return protoreflect.MapKey{}, fmt.Errorf("its key: %w", err)
	}
	return v.MapKey(), nil
}

// appendString appends a JSON string. What is not UTF-8 is replaced.
func appendString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&0xf])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
