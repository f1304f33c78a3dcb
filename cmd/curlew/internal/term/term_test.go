package term

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestStyles(t *testing.T) {
	on, off := Colours(), Style{}
	styles := map[string]func(Style, string) string{
		"\x1b[1mx\x1b[0m":  Style.Bold,
		"\x1b[2mx\x1b[0m":  Style.Dim,
		"\x1b[31mx\x1b[0m": Style.Red,
		"\x1b[32mx\x1b[0m": Style.Green,
		"\x1b[33mx\x1b[0m": Style.Yellow,
		"\x1b[34mx\x1b[0m": Style.Blue,
		"\x1b[36mx\x1b[0m": Style.Cyan,
	}
	for want, style := range styles {
		if got := style(on, "x"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := style(off, "x"); got != "x" {
			t.Errorf("without colours: got %q", got)
		}
		if got := style(on, ""); got != "" {
			t.Errorf("nothing became %q", got)
		}
	}
}

func TestIsTerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a character device, as terminals are
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if IsTerminal(new(bytes.Buffer)) || IsTerminal(file) {
		t.Error("a buffer or a file is taken for a terminal")
	}
	if !IsTerminal(device) || StyleFor(device) != Colours() {
		t.Error("a device has no colours")
	}
	if StyleFor(file) != (Style{}) {
		t.Error("a file has colours")
	}
	t.Setenv("NO_COLOR", "1")
	if StyleFor(device) != (Style{}) {
		t.Error("NO_COLOR is not honoured")
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if StyleFor(device) != (Style{}) {
		t.Error("a dumb terminal has colours")
	}
}
