// Package demo is the command "curlew demo": it starts a real service, calls every
// kind of method over a socket, and shows what crosses it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/term"
	"github.com/spf13/cobra"
)

// Options are those of the command.
type Options struct {
	// Addr is where the service listens; port 0 takes a free one.
	Addr string
	// Dir is where the orders are stored; empty is a directory of the user's cache.
	Dir string
	// Exit has Run return after the calls, instead of serving until its context ends.
	Exit bool
}

// New returns the command.
func New() *cobra.Command {
	var o Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Start a small service, call it, and show what crosses the wire",
		Long: `Demo starts a service that keeps track of orders, in a store that survives a
restart, and a second one that calls the first. It calls each of their methods over a
socket, shows the frames and messages as they pass, and lets a deadline expire
through both services. Then it goes on serving until you stop it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return Run(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&o.Addr, "addr", "127.0.0.1:0", "listen on this `host:port`; port 0 takes a free one")
	cmd.Flags().StringVar(&o.Dir, "data", "", "keep the orders in this `directory` (default: one in the user's cache)")
	cmd.Flags().BoolVar(&o.Exit, "exit", false, "exit after the calls: with 0 only if all went as they should")
	return cmd
}

// Run runs the demonstration. The error has been printed if a call did not go as it
// should.
func Run(ctx context.Context, o Options, w io.Writer) error {
	dir, err := dataDir(o.Dir)
	if err != nil {
		return err
	}
	p := &printer{w: w, style: term.StyleFor(w)}
	saw := newWitness()
	h, err := open(ctx, o.Addr, dir, saw)
	if err != nil {
		return err
	}
	err = present(ctx, o, p, h, saw)
	// Those who are called may take a moment to finish, those who watch orders go on
	// for as long as they may.
	const grace = 2 * time.Second
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return errors.Join(err, h.close(limited))
}

func present(ctx context.Context, o Options, p *printer, h *house, saw *witness) error {
	s, err := newStage(p, h, saw)
	if err != nil {
		return err
	}
	defer s.close()
	s.intro()
	s.play(ctx)
	if ctx.Err() != nil {
		return nil
	}
	ok := s.summary()
	if o.Exit {
		if !ok {
			return exit.Silent(exit.Failure)
		}
		return nil
	}
	p.howTo(h)
	saw.follow(p.logLine)
	select {
	case <-ctx.Done():
		p.line("")
		p.line("Stopping: open calls may finish.")
		return nil
	case err := <-h.failed:
		return err
	}
}

// dataDir returns the directory of the store.
func dataDir(dir string) (string, error) {
	if dir != "" {
		return filepath.Abs(dir)
	}
	if cache, err := os.UserCacheDir(); err == nil {
		dir = filepath.Join(cache, "curlew", "demo")
		if err := os.MkdirAll(dir, 0o700); err == nil {
			return dir, nil
		}
	}
	dir = filepath.Join(os.TempDir(), "curlew-demo")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("no directory to keep the orders in: %w; give one by --data", err)
	}
	return dir, nil
}
