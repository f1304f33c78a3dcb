// Curlew is the command of the Curlew RPC framework.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/curlew-rpc/curlew/cmd/curlew/internal/call"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/demo"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/exit"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/list"
	"github.com/curlew-rpc/curlew/cmd/curlew/internal/openapi"
	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run runs the command line and returns the process's status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	started := false
	root := newRoot()
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if !started {
		fmt.Fprintf(stderr, "%v\nSee '%s --help'.\n", err, cmd.CommandPath())
		return exit.Usage
	}
	if !exit.IsSilent(err) {
		fmt.Fprintln(stderr, err)
	}
	return exit.Status(err)
}

// newRoot returns the command with all its sub-commands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "curlew",
		Short:         "Work with Curlew services: generate code, call methods, describe APIs",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newGenerate(), call.New(), list.New(), list.NewDescribe(), openapi.New(), demo.New())
	return root
}
