// Pulumi's command plugin for where the official one cannot be downloaded: command:local:Command and
// command:local:run, which is what this project uses of it.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"

	"toolchain/command/local"
)

// version is set by the linker.
var version = "0.0.0"

// engineInterval is how often the plugin looks whether the Pulumi that started it is still there.
const engineInterval = 10 * time.Second

func main() {
	// The library looks too, but then cancels a context that nobody waits for: the plugin of a Pulumi that was killed would
	// run for good. https://github.com/pulumi/pulumi/blob/sdk/v3.225.0/pkg/resource/provider/main.go (MainContext)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if last := len(os.Args) - 1; last > 0 {
		if err := rpcutil.Healthcheck(ctx, os.Args[last], engineInterval, cancel); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}

	provider, err := infer.NewProviderBuilder().
		WithDisplayName("Command (built here)").
		WithDescription("Runs commands on this machine; built from the Go module proxy in place of the official plugin.").
		WithResources(infer.Resource(&local.Command{})).
		WithFunctions(infer.Function(&local.Run{})).
		Build()
	if err == nil {
		err = provider.Run(ctx, "command", version)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
