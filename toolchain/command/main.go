// Pulumi's command plugin for where the official one cannot be downloaded: command:local:Command and
// command:local:run, which is what this project uses of it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-go-provider/infer"

	"toolchain/command/local"
)

// version is set by the linker.
var version = "0.0.0"

func main() {
	provider, err := infer.NewProviderBuilder().
		WithDisplayName("Command (built here)").
		WithDescription("Runs commands on this machine; built from the Go module proxy in place of the official plugin.").
		WithResources(infer.Resource(&local.Command{})).
		WithFunctions(infer.Function(&local.Run{})).
		Build()
	if err == nil {
		err = provider.Run(context.Background(), "command", version)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
