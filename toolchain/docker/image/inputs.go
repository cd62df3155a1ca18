package image

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// inputs are the checked inputs of an image, in the names of the official schema.
type inputs struct {
	ImageName      string    `json:"imageName"`
	SkipPush       bool      `json:"skipPush"`
	BuildOnPreview bool      `json:"buildOnPreview"`
	Registry       *registry `json:"registry"`
	Build          build     `json:"build"`
}

type registry struct {
	Server   string `json:"server"`
	Username string `json:"username"`
	Password string `json:"password"`
}

type build struct {
	Context        string            `json:"context"`
	Dockerfile     string            `json:"dockerfile"`
	Target         string            `json:"target"`
	Platform       string            `json:"platform"`
	Network        string            `json:"network"`
	AddHosts       []string          `json:"addHosts"`
	Args           map[string]string `json:"args"`
	BuilderVersion string            `json:"builderVersion"`
	CacheFrom      struct {
		Images []string `json:"images"`
	} `json:"cacheFrom"`
}

// decode reads properties without unknowns or secrets and fills in the defaults.
func decode(properties resource.PropertyMap) (inputs, error) {
	var in inputs
	text, err := json.Marshal(properties.Mappable())
	if err == nil {
		err = json.Unmarshal(text, &in)
	}
	if err != nil {
		return in, fmt.Errorf("the inputs of docker.Image are not of its schema's types: %w", err)
	}
	if in.Build.Context == "" {
		in.Build.Context = "."
	}
	if in.Build.Dockerfile == "" {
		in.Build.Dockerfile = filepath.Join(in.Build.Context, "Dockerfile")
	}
	switch in.Build.BuilderVersion {
	case "", "BuilderBuildKit", "BuilderV1":
	default:
		return in, fmt.Errorf("build.builderVersion: expected BuilderBuildKit or BuilderV1, got %q", in.Build.BuilderVersion)
	}
	return in, nil
}

// plain takes secrets off, which the engine puts back on outputs by itself, and leaves unknowns.
var plain = plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true}
