package codec

import "testing"

func TestRaw(t *testing.T) {
	c := Raw("proto").(interface {
		Codec
		SizedAppender
	})
	if c.Name() != "proto" || Raw("x").Name() != "x" {
		t.Errorf("Name = %q", c.Name())
	}
	body := []byte("body")
	for _, msg := range []any{body, &body} {
		if out, err := c.Append([]byte("dst"), msg); err != nil || string(out) != "dstbody" {
			t.Errorf("Append of a %T = %q, %v", msg, out, err)
		}
		if out, err := c.AppendSized([]byte("dst"), msg, c.Size(msg)); err != nil || string(out) != "dstbody" || c.Size(msg) != 4 {
			t.Errorf("AppendSized of a %T = %q, %v", msg, out, err)
		}
	}
	if out, err := c.Append(nil, []byte(nil)); err != nil || len(out) != 0 {
		t.Errorf("Append of nothing = %q, %v", out, err)
	}

	src := []byte("received")
	got := []byte("something that was there before")
	memory := &got[0]
	if err := c.Unmarshal(src, &got); err != nil || string(got) != "received" || &got[0] != memory {
		t.Errorf("Unmarshal leaves %q, %v", got, err)
	}
	var fresh []byte
	if err := c.Unmarshal(src, &fresh); err != nil || string(fresh) != "received" {
		t.Errorf("Unmarshal leaves %q, %v", fresh, err)
	}
	clear(src)
	if string(fresh) != "received" {
		t.Error("Unmarshal keeps src")
	}
	if err := c.Unmarshal(nil, &fresh); err != nil || len(fresh) != 0 {
		t.Errorf("Unmarshal of nothing leaves %q, %v", fresh, err)
	}
}

func TestRawRefuses(t *testing.T) {
	c := Raw("x")
	for _, msg := range []any{nil, "text", 7, (*[]byte)(nil), new(string)} {
		out, err := c.Append([]byte("dst"), msg)
		wantText(t, err, "raw x", "[]byte")
		if string(out) != "dst" || c.(Sizer).Size(msg) != 0 {
			t.Errorf("Append of a %T = %q", msg, out)
		}
		wantText(t, c.Unmarshal(nil, msg), "raw x", "*[]byte")
	}
	wantText(t, c.Unmarshal(nil, []byte("x")), "[]uint8", "*[]byte")
}
