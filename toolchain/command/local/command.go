package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Command is a command with a life cycle: it runs when the resource is created, updated or deleted.
type Command struct{}

// CommandArgs are the inputs of command:local:Command.
type CommandArgs struct {
	Shell
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// CommandState is CommandArgs and what the last run printed.
type CommandState struct {
	CommandArgs
	Output
}

var _ infer.CustomUpdate[CommandArgs, CommandState] = (*Command)(nil)
var _ infer.CustomDelete[CommandState] = (*Command)(nil)

// Create runs `create`.
func (*Command) Create(ctx context.Context, req infer.CreateRequest[CommandArgs]) (infer.CreateResponse[CommandState], error) {
	none := infer.CreateResponse[CommandState]{}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err != nil {
		return none, err
	}
	state := CommandState{CommandArgs: req.Inputs}
	if !req.DryRun && req.Inputs.Create != nil {
		if state.Output, err = req.Inputs.run(ctx, *req.Inputs.Create, Output{}); err != nil {
			return none, err
		}
	}
	return infer.CreateResponse[CommandState]{ID: id, Output: state}, nil
}

// Update runs `update`, or `create` where there is none.
func (*Command) Update(ctx context.Context, req infer.UpdateRequest[CommandArgs, CommandState]) (infer.UpdateResponse[CommandState], error) {
	state := CommandState{CommandArgs: req.Inputs, Output: req.State.Output}
	command := req.Inputs.Update
	if command == nil {
		command = req.Inputs.Create
	}
	if !req.DryRun && command != nil {
		var err error
		if state.Output, err = req.Inputs.run(ctx, *command, req.State.Output); err != nil {
			return infer.UpdateResponse[CommandState]{}, err
		}
	}
	return infer.UpdateResponse[CommandState]{Output: state}, nil
}

// Delete runs `delete`, with the inputs that are in the state.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandState]) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	_, err := req.State.run(ctx, *req.State.Delete, req.State.Output)
	return infer.DeleteResponse{}, err
}
