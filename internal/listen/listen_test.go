package listen

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name            string
		pid, fds, names string
		fd              int
		err             string
	}{
		{"", "7", "1", "", 3, ""},
		{"", "7", "1", "unknown", 3, ""},
		{"", "8", "1", "", 0, "no sockets to this process"},
		{"", "", "", "", 0, "no sockets to this process"},
		{"", "7", "0", "", 0, "LISTEN_FDS"},
		{"", "7", "x", "", 0, "LISTEN_FDS"},
		{"", "7", "2", "a:b", 0, "0 of the 2"},
		{"", "7", "2", ":", 0, "0 of the 2"},
		{"b", "7", "2", "a:b", 4, ""},
		{"b", "7", "3", "a:b:b", 0, "2 of the 3"},
		{"c", "7", "2", "a:b:c", 0, "0 of the 2"},
		{"c", "7", "1", "", 0, "0 of the 1"},
	} {
		env := map[string]string{"LISTEN_PID": c.pid, "LISTEN_FDS": c.fds, "LISTEN_FDNAMES": c.names}
		fd, err := find(c.name, 7, func(name string) string { return env[name] })
		if fd != c.fd || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%+v: %d, %v", c, fd, err)
		}
	}
}

func TestNotify(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "notify"), "@curlew-test-notify"} {
		t.Setenv("NOTIFY_SOCKET", path)
		if err := Notify("READY=1"); err == nil {
			t.Error("nobody listens, and it is no error")
		}
		nc, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if err := Notify("READY=1"); err != nil {
			t.Fatal(err)
		}
		nc.SetReadDeadline(time.Now().Add(20 * time.Second))
		buf := make([]byte, 100)
		if n, err := nc.Read(buf); err != nil || string(buf[:n]) != "READY=1" {
			t.Errorf("%q, %v", buf[:n], err)
		}
	}
	t.Setenv("NOTIFY_SOCKET", "")
	if err := Notify("READY=1"); err != nil {
		t.Errorf("without systemd: %v", err)
	}
}

func TestWhatCannotBeHandedOver(t *testing.T) {
	for _, address := range []string{"unix:/tmp/x", "systemd:", "systemd:http"} {
		if l, err := Listen(t.Context(), address, true); err == nil {
			l.Close()
			t.Errorf("%s is handed over", address)
		}
	}
}
