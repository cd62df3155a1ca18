// Package local has the command plugin's module `local`: commands that run on the machine of the Pulumi CLI.
package local

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Shell is what Command and Run have in common: how a command is started, and what is shown of its output.
type Shell struct {
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate gives the default that the official plugin's schema has.
func (s *Shell) Annotate(a infer.Annotator) {
	a.SetDefault(&s.AddPreviousOutputInEnv, true)
}

// Output is what a command printed, without the last line's end.
type Output struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Logging says which of the command's streams are shown while it runs.
type Logging string

// Values lists what the property `logging` may be.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: "Stdout", Value: "stdout"},
		{Name: "Stderr", Value: "stderr"},
		{Name: "StdoutAndStderr", Value: "stdoutAndStderr"},
		{Name: "None", Value: "none"},
	}
}

func (s Shell) logs(stream Logging) bool {
	return s.Logging == nil || *s.Logging == stream || *s.Logging == "stdoutAndStderr"
}

// run runs the command to its end; previous is what an earlier run of the same resource printed.
func (s Shell) run(ctx context.Context, command string, previous Output) (Output, error) {
	args := []string{"/bin/sh", "-c"}
	if s.Interpreter != nil && len(*s.Interpreter) > 0 {
		args = *s.Interpreter
	}
	args = append(append([]string{}, args...), command)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	// A grandchild that keeps the pipes open must not hold up a cancelled run for ever.
	cmd.WaitDelay = 10 * time.Second
	if s.Dir != nil {
		cmd.Dir = *s.Dir
	}
	cmd.Env = s.environment(previous)
	if s.Stdin != nil {
		cmd.Stdin = strings.NewReader(*s.Stdin)
	}

	var stdout, stderr bytes.Buffer
	both := &lockedBuffer{}
	status := provider.GetLogger(ctx).InfoStatus
	outLines, errLines := &lineWriter{}, &lineWriter{}
	if s.logs("stdout") {
		outLines.line = status
	}
	if s.logs("stderr") {
		errLines.line = status
	}
	cmd.Stdout = io.MultiWriter(&stdout, both, outLines)
	cmd.Stderr = io.MultiWriter(&stderr, both, errLines)
	err := cmd.Run()
	outLines.end()
	errLines.end()
	if err != nil {
		return Output{}, fmt.Errorf("%w: running %q:\n%s", err, command, both.buffer.String())
	}
	return Output{
		Stdout: strings.TrimSuffix(stdout.String(), "\n"),
		Stderr: strings.TrimSuffix(stderr.String(), "\n"),
	}, nil
}

func (s Shell) environment(previous Output) []string {
	env := os.Environ()
	if s.Environment != nil {
		for name, value := range *s.Environment {
			env = append(env, name+"="+value)
		}
	}
	if s.AddPreviousOutputInEnv == nil || *s.AddPreviousOutputInEnv {
		if previous.Stdout != "" {
			env = append(env, "PULUMI_COMMAND_STDOUT="+previous.Stdout)
		}
		if previous.Stderr != "" {
			env = append(env, "PULUMI_COMMAND_STDERR="+previous.Stderr)
		}
	}
	return env
}

// lockedBuffer takes the two streams, which os/exec copies in two goroutines.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(data)
}

// lineWriter hands each whole line to `line`, and drops all when there is none.
type lineWriter struct {
	line func(string)
	rest string
}

func (w *lineWriter) Write(data []byte) (int, error) {
	if w.line == nil {
		return len(data), nil
	}
	lines := strings.Split(w.rest+string(data), "\n")
	for _, line := range lines[:len(lines)-1] {
		w.line(strings.TrimRight(line, "\r"))
	}
	w.rest = lines[len(lines)-1]
	return len(data), nil
}

func (w *lineWriter) end() {
	if w.line != nil && w.rest != "" {
		w.line(w.rest)
	}
}
