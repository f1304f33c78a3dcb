// Package compile turns .proto files into descriptors.
package compile

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"
)

// A Compiler compiles .proto files. Its methods may be called concurrently.
type Compiler interface {
	// Compile compiles the files of these names, as import statements have them. If
	// files have errors, the error is a Diagnostics that holds all of them.
	Compile(ctx context.Context, names []string) (*Result, error)
}

// Result is what a compilation gives.
type Result struct {
	// Files are the files asked for and all that they import. A file stands after
	// its imports; the order is otherwise that of the names. Each has its source
	// locations and comments.
	Files []*descriptorpb.FileDescriptorProto
	// Warnings are about the files asked for.
	Warnings Diagnostics
}

// A Diagnostic is an error or a warning.
type Diagnostic struct {
	// File is where the file was read from; it is empty if no file is to blame.
	File string
	// Line and Column count from 1; the column counts characters. They are 0 if the
	// diagnostic is about the file as a whole.
	Line, Column int
	Message      string
	// Missing is the name that is imported, if the error is that there is no such file.
	Missing string
}

// String returns "file:line:column: message".
func (d Diagnostic) String() string {
	switch {
	case d.File == "":
		return d.Message
	case d.Line == 0:
		return d.File + ": " + d.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, d.Message)
}

// Diagnostics are several of them, and as such an error.
type Diagnostics []Diagnostic

// Error returns all of them, one a line.
func (ds Diagnostics) Error() string {
	lines := make([]string, len(ds))
	for i, d := range ds {
		lines[i] = d.String()
	}
	return strings.Join(lines, "\n")
}
