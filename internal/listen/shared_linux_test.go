package listen

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"
)

// count accepts on l until it is closed, and counts.
func count(l net.Listener) *atomic.Int64 {
	var n atomic.Int64
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			nc.Close()
		}
	}()
	return &n
}

// Of two listeners of a port the newer one gets all connections, until it is gone.
func TestSuccessorGetsEverything(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::]:0", ":0"} {
		first, err := Listen(t.Context(), address, true)
		if err != nil {
			t.Fatal(err)
		}
		address = first.Addr().String()
		visit := func(l net.Listener, n *atomic.Int64) {
			t.Helper()
			before := n.Load()
			for range 50 {
				nc, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				nc.SetReadDeadline(time.Now().Add(20 * time.Second))
				nc.Read(make([]byte, 1)) // ends when it has been accepted
				nc.Close()
			}
			if got := n.Load() - before; got != 50 {
				t.Errorf("%s: %d of 50", address, got)
			}
		}
		listen := func() (net.Listener, *atomic.Int64) {
			t.Helper()
			l, err := Listen(t.Context(), address, true)
			if err != nil {
				t.Fatal(err)
			}
			return l, count(l)
		}
		n1 := count(first)
		visit(first, n1)
		second, n2 := listen()
		visit(second, n2)
		first.Close()
		visit(second, n2)
		third, n3 := listen()
		visit(third, n3)
		third.Close() // it did not live long
		visit(second, n2)
		second.Close()
	}
}

// A process started with sockets as systemd starts it finds them.
func TestActivated(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	plain, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=file:web exec "$0" -test.run '^TestActivatedChild$'`, exe)
	cmd.Env = append(os.Environ(), "CURLEW_TEST_ACTIVATED=1")
	cmd.ExtraFiles = []*os.File{plain, socket}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetReadDeadline(time.Now().Add(20 * time.Second))
	if line, err := bufio.NewReader(nc).ReadString('\n'); line != "hello\n" {
		t.Errorf("%q, %v", line, err)
		rest, _ := bufio.NewReader(out).ReadString('\n')
		t.Log(rest)
	}
}

// TestActivatedChild is the process that TestActivated starts.
func TestActivatedChild(t *testing.T) {
	if os.Getenv("CURLEW_TEST_ACTIVATED") == "" {
		t.Skip("it is started by TestActivated")
	}
	if _, err := Listen(t.Context(), "systemd:file", false); err == nil {
		t.Error("a file is listened on")
	}
	for range 2 { // once more after it was closed
		l, err := Listen(t.Context(), "systemd:web", false)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	l, err := Listen(t.Context(), "systemd:web", false)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	nc.Write([]byte("hello\n"))
	nc.Close()
}
