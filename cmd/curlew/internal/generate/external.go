package generate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"
)

// runExternal runs a plugin that is a program: it reads the request from its standard
// input and writes the response to its standard output. What it writes to standard
// error is returned in errors, and otherwise as notes.
func runExternal(ctx context.Context, command []string, req *pluginpb.CodeGeneratorRequest) (res *pluginpb.CodeGeneratorResponse, notes string, err error) {
	data, err := proto.Marshal(req)
	if err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			return nil, "", fmt.Errorf("%s (%w)", text, err)
		}
		return nil, "", err
	}
	res = new(pluginpb.CodeGeneratorResponse)
	if err := proto.Unmarshal(stdout.Bytes(), res); err != nil {
		return nil, "", fmt.Errorf("its output is not a plugin's response: %w", err)
	}
	return res, stderr.String(), nil
}

// findPlugin returns the command that runs a plugin: a tool that the go.mod names
// (whose version it pins), a program in PATH, or one that npm installed.
func findPlugin(plugin string) ([]string, error) {
	if strings.ContainsAny(plugin, `/\`) {
		return []string{plugin}, nil
	}
	name := "protoc-gen-" + shortName(plugin)
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if tool, err := goTool(here, name); err != nil || tool != "" {
		return []string{"go", "tool", tool}, err
	}
	if file, err := exec.LookPath(name); err == nil {
		return []string{file}, nil
	}
	if file, err := npmProgram(here, name); err != nil || file != "" {
		return []string{file}, err
	}
	return nil, errors.New("there is no such tool in go.mod, no such program in PATH, and none in node_modules/.bin: install it, or give its command")
}

// goTool returns the path of the package of that name among the tools of the go.mod
// of dir or above, or "".
func goTool(dir, name string) (string, error) {
	file, err := findUp(dir, "go.mod")
	if err != nil || file == "" {
		return "", err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	mod, err := modfile.Parse(file, data, nil)
	if err != nil {
		// What a newer Go can write there is no error.
		_, err = modfile.ParseLax(file, data, nil)
		return "", err
	}
	for _, tool := range mod.Tool {
		prefix, _, ok := module.SplitPathVersion(tool.Path)
		if !ok {
			prefix = tool.Path
		}
		if path.Base(prefix) == name {
			return tool.Path, nil
		}
	}
	return "", nil
}

// npmProgram returns the program of that name in node_modules of dir or above, or "".
func npmProgram(dir, name string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".cmd"
	}
	file, err := findUp(dir, filepath.Join("node_modules", ".bin", name))
	if errors.Is(err, fs.ErrPermission) {
		return "", nil
	}
	return file, err
}
