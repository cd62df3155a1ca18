// Pulumi's docker plugin for where the official one cannot be downloaded: the same Terraform provider behind the
// same bridge, and docker:index/image:Image, which is not bridged, from the package image.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	pulumi "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/terraform-providers/terraform-provider-docker/toolchain/image"
)

// version is set by the linker.
var version = "0.0.0"

func main() {
	err := pulumi.Main("docker", func(host *pulumi.HostClient) (rpc.ResourceProviderServer, error) {
		info := bridged(version)
		server := tfbridge.NewProvider(context.Background(), host, "docker", version, info.P, info, schema(info))
		return &hybrid{ResourceProviderServer: server, image: image.NewServer(host, defaultHost)}, nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
