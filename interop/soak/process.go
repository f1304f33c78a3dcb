package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// A process is a member as its parent sees it.
type process struct {
	name    string
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder

	idleBefore, idleAfter sample
	under                 []sample // load, one a second
}

// start runs this program in another role.
func start(name string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: exec.Command(self, args...)}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.answers = json.NewDecoder(out)
	return p, p.cmd.Start()
}

// ask gives a command and returns the answer.
func (p *process) ask(command string) (s sample, err error) {
	// Whoever does not answer never will.
	timer := time.AfterFunc(callTime+2*patience, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	if _, err := fmt.Fprintln(p.in, command); err != nil {
		return s, fmt.Errorf("%s: %w", p.name, err)
	}
	if err := p.answers.Decode(&s); err != nil {
		return s, fmt.Errorf("%s does not answer %q: %w", p.name, command, err)
	}
	return s, nil
}

// end has the process end by itself.
func (p *process) end() error {
	timer := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	p.in.Close()
	return p.cmd.Wait()
}

// kill ends it in any case.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}
