package backend

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Backend is a server process as who started it sees it. Its methods are not to be
// called concurrently.
type Backend struct {
	Config
	// Prefix are the words of a command that runs another, "ip netns exec x" for
	// instance.
	Prefix []string

	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
	errs    strings.Builder
	wait    func() error
}

// patience is how long a process may take that does what it is told.
const patience = 30 * time.Second

// Start starts the process, again if it had ended, and returns when it listens.
func (b *Backend) Start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	b.Life++
	config, err := json.Marshal(b.Config)
	if err != nil {
		return err
	}
	command := append(b.Prefix[:len(b.Prefix):len(b.Prefix)], self, "-backend", string(config))
	b.errs.Reset()
	b.cmd = exec.Command(command[0], command[1:]...)
	b.cmd.Stderr = &b.errs
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := b.cmd.Start(); err != nil {
		return err
	}
	b.wait = sync.OnceValue(b.cmd.Wait)
	b.answers = json.NewDecoder(out)
	var ready string
	if err := b.answers.Decode(&ready); err != nil {
		b.wait()
		return fmt.Errorf("server %d does not start: %w: %s", b.Server, err, b.errs.String())
	}
	return nil
}

// Running reports whether the process has been started and not been ended.
func (b *Backend) Running() bool { return b.cmd != nil }

// Terminate ends the process gracefully, and returns when it has ended.
func (b *Backend) Terminate() error {
	b.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(b.Grace+patience, func() { b.cmd.Process.Kill() })
	defer timer.Stop()
	err := b.wait()
	b.cmd = nil
	if err != nil {
		return fmt.Errorf("server %d ends with %w: %s", b.Server, err, b.errs.String())
	}
	return nil
}

// Kill is kill -9. It returns when the process was killed, and when it was gone.
func (b *Backend) Kill() (killed, gone time.Time) {
	killed = time.Now()
	b.cmd.Process.Kill()
	b.wait()
	b.cmd = nil
	return killed, time.Now()
}

// Behave has the server do its work so from now on, in its next lives too.
func (b *Backend) Behave(how Behaviour) error {
	b.Behaviour = how
	_, err := b.ask(command{Behave: &how})
	return err
}

// Report asks the server for a report.
func (b *Backend) Report() (Report, error) { return b.ask(command{Report: true}) }

func (b *Backend) ask(c command) (r Report, err error) {
	// Who does not answer never will.
	timer := time.AfterFunc(patience, func() { b.cmd.Process.Kill() })
	defer timer.Stop()
	if err := json.NewEncoder(b.in).Encode(c); err != nil {
		return r, fmt.Errorf("server %d: %w", b.Server, err)
	}
	if err := b.answers.Decode(&r); err != nil {
		return r, fmt.Errorf("server %d does not answer: %w", b.Server, err)
	}
	return r, nil
}
