package transcode

import (
	"bytes"
	"encoding/json"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// deriveMask sets the mask of an update to the fields that the body, which is JSON that
// has been read already, has values for. Fields of messages are named one by one, lists,
// maps and well-known types as a whole. A body that is null has none.
func (b *Binding) deriveMask(m protoreflect.Message, body []byte) error {
	if !m.Has(b.bodyIn) {
		return nil
	}
	w := maskWriter{d: json.NewDecoder(bytes.NewReader(body))}
	w.d.UseNumber()
	if err := w.value(b.bodyIn, nil); err != nil {
		return err
	}
	mask := m.NewField(b.mask)
	paths := mask.Message().Descriptor().Fields().ByName("paths")
	list := mask.Message().Mutable(paths).List()
	for _, path := range w.paths {
		list.Append(protoreflect.ValueOfString(path))
	}
	m.Set(b.mask, mask)
	return nil
}

// A maskWriter reads JSON and notes the paths of fields.
type maskWriter struct {
	d     *json.Decoder
	paths []string
}

// value reads the value of a field whose path is prefix.
func (w *maskWriter) value(fd protoreflect.FieldDescriptor, prefix []byte) error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	fields := 0
	if t == json.Delim('{') && !fd.IsMap() && !fd.IsList() && kindOf(fd) == composite {
		if fields, err = w.object(fd.Message(), prefix); err != nil {
			return err
		}
	} else if err := w.skip(t); err != nil {
		return err
	}
	// A message without fields is named itself.
	if fields == 0 && len(prefix) > 0 {
		w.paths = append(w.paths, string(prefix))
	}
	return nil
}

// object reads a message behind its brace, and returns how many known fields it has.
func (w *maskWriter) object(md protoreflect.MessageDescriptor, prefix []byte) (fields int, err error) {
	for w.d.More() {
		t, err := w.d.Token()
		if err != nil {
			return 0, err
		}
		name, _ := t.(string)
		fd := md.Fields().ByJSONName(name)
		if fd == nil {
			fd = md.Fields().ByName(protoreflect.Name(name))
		}
		if fd == nil {
			// One that is ignored, or an extension, which masks cannot name.
			if t, err = w.d.Token(); err == nil {
				err = w.skip(t)
			}
			if err != nil {
				return 0, err
			}
			continue
		}
		fields++
		path := prefix
		if len(path) > 0 {
			path = append(path, '.')
		}
		if err := w.value(fd, append(path, fd.Name()...)); err != nil {
			return 0, err
		}
	}
	_, err = w.d.Token() // the closing brace
	return fields, err
}

// skip reads the rest of a value that begins with a token.
func (w *maskWriter) skip(t json.Token) error {
	depth := 0
	for {
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = w.d.Token(); err != nil {
			return err
		}
	}
}
