package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function command:local:run: the command runs whenever the program does, in a preview too.
type Run struct{}

// RunArgs are the arguments of command:local:run.
type RunArgs struct {
	Shell
	Command string `pulumi:"command"`
}

// RunResult is RunArgs and what the command printed.
type RunResult struct {
	RunArgs
	Output
}

// Invoke runs the command.
func (*Run) Invoke(ctx context.Context, req infer.FunctionRequest[RunArgs]) (infer.FunctionResponse[RunResult], error) {
	output, err := req.Input.run(ctx, req.Input.Command, Output{})
	if err != nil {
		return infer.FunctionResponse[RunResult]{}, err
	}
	return infer.FunctionResponse[RunResult]{Output: RunResult{RunArgs: req.Input, Output: output}}, nil
}
