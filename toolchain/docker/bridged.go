package main

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// bridged describes the Terraform provider to Pulumi, with the tokens and property names of the official plugin.
func bridged(version string) tfbridge.ProviderInfo {
	// The bridge makes plurals of lists; these the official plugin leaves as they are.
	singular := map[string]*tfbridge.SchemaInfo{
		"command":           {Name: "command"},
		"networks_advanced": {Name: "networksAdvanced"},
	}
	resources := map[string]*tfbridge.ResourceInfo{
		"docker_buildx_builder": {Tok: resourceToken("BuildxBuilder")},
		"docker_config":         {Tok: resourceToken("ServiceConfig")},
		// A container's name is taken until the old one is gone.
		"docker_container": {Tok: resourceToken("Container"), DeleteBeforeReplace: true, Fields: singular},
		// `name` is an image's reference: no random suffix.
		"docker_image":          {Tok: resourceToken("RemoteImage"), Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}},
		"docker_network":        {Tok: resourceToken("Network")},
		"docker_plugin":         {Tok: resourceToken("Plugin")},
		"docker_registry_image": {Tok: resourceToken("RegistryImage")},
		"docker_secret":         {Tok: resourceToken("Secret")},
		"docker_service":        {Tok: resourceToken("Service")},
		"docker_tag":            {Tok: resourceToken("Tag")},
		"docker_volume":         {Tok: resourceToken("Volume")},
	}
	functions := map[string]*tfbridge.DataSourceInfo{
		"docker_image":                    {Tok: token("getRemoteImage")},
		"docker_logs":                     {Tok: token("getLogs")},
		"docker_network":                  {Tok: token("getNetwork")},
		"docker_plugin":                   {Tok: token("getPlugin")},
		"docker_registry_image":           {Tok: token("getRegistryImage")},
		"docker_registry_image_manifests": {Tok: token("getRegistryImageManifests")},
	}
	info := tfbridge.ProviderInfo{
		P:           shimv2.NewProvider(provider.New(version)()),
		Name:        "docker",
		Version:     version,
		Resources:   resources,
		DataSources: functions,
		Config: map[string]*tfbridge.SchemaInfo{
			"host":          {Default: &tfbridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}, Value: defaultHost}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
	}
	info.SetAutonaming(255, "-")
	return info
}

const defaultHost = "unix:///var/run/docker.sock"

// token is docker:index/getNetwork:getNetwork for getNetwork.
func token(name string) tokens.ModuleMember {
	return tokens.ModuleMember("docker:index/" + strings.ToLower(name[:1]) + name[1:] + ":" + name)
}

func resourceToken(name string) tokens.Type {
	return tokens.Type(token(name))
}
