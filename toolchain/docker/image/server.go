// Package image is the resource docker:index/image:Image of Pulumi's docker plugin: an image that is built on the
// provider's Docker host while its log is shown.
package image

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumi "github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Token is the resource's type.
const Token = "docker:index/image:Image"

// inputsKey is where the official plugin keeps the inputs in the state: either can go on with the other's.
const inputsKey = "__inputs"

// Server answers Pulumi's calls for images. Read and Delete have nothing to do.
type Server struct {
	host        *pulumi.HostClient
	defaultHost string
	config      hostConfig
	lifetime    context.Context
	cancel      context.CancelFunc
}

// NewServer makes a server that shows logs through host.
func NewServer(host *pulumi.HostClient, defaultHost string) *Server {
	lifetime, cancel := context.WithCancel(context.Background())
	return &Server{host: host, defaultHost: defaultHost, config: hostConfig{host: defaultHost}, lifetime: lifetime, cancel: cancel}
}

// Configure takes the provider's host; it connects to nothing.
func (s *Server) Configure(req *rpc.ConfigureRequest) error {
	var err error
	s.config, err = readConfig(req, s.defaultHost)
	return err
}

// Cancel stops the builds that are under way.
func (s *Server) Cancel() { s.cancel() }

// Check fills in the platform and adds the context's digest, so that a changed file is a changed input.
func (s *Server) Check(req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	properties, err := plugin.UnmarshalProperties(req.GetNews(), plain)
	if err != nil {
		return nil, err
	}
	if files, known := filesOf(properties); known {
		in, err := decode(files)
		if err != nil {
			return nil, err
		}
		if err := checkFiles(in.Build); err != nil {
			return nil, err
		}
		sum, err := digest(in.Build)
		if err != nil {
			return nil, err
		}
		settings := resource.PropertyMap{}
		if properties["build"].IsObject() {
			settings = properties["build"].ObjectValue()
		}
		settings["contextDigest"] = resource.NewStringProperty(sum)
		if settings["platform"].IsNull() {
			settings["platform"] = resource.NewStringProperty("linux/" + runtime.GOARCH)
			s.log(resource.URN(req.GetUrn()), "build.platform is not set: building for linux/"+runtime.GOARCH+
				", which is this machine's and may not be the Docker host's")
		}
		properties["build"] = resource.NewObjectProperty(settings)
	}
	if push := properties["skipPush"]; !push.IsComputed() && !(push.IsBool() && push.BoolValue()) {
		return nil, errors.New("skipPush: expected true: the plugin that was built here cannot push to a registry")
	}
	checked, err := plugin.MarshalProperties(properties, plain)
	return &rpc.CheckResponse{Inputs: checked}, err
}

// filesOf is the part of the inputs that says which files there are, and whether all of it is known yet.
func filesOf(properties resource.PropertyMap) (resource.PropertyMap, bool) {
	whole := properties["build"]
	if whole.IsNull() {
		return resource.PropertyMap{}, true
	}
	if !whole.IsObject() {
		return nil, false
	}
	files := resource.PropertyMap{}
	for _, key := range []resource.PropertyKey{"context", "dockerfile", "builderVersion"} {
		if value := whole.ObjectValue()[key]; value.IsComputed() || value.IsOutput() {
			return nil, false
		} else if !value.IsNull() {
			files[key] = value
		}
	}
	return resource.PropertyMap{"build": resource.NewObjectProperty(files)}, true
}

// Diff compares inputs with inputs. Every change is an update: the image is built again.
func (s *Server) Diff(req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	olds, err := plugin.UnmarshalProperties(req.GetOldInputs(), plain)
	if err != nil {
		return nil, err
	}
	news, err := plugin.UnmarshalProperties(req.GetNews(), plain)
	if err != nil {
		return nil, err
	}
	// Credentials that change often, and how a preview is done, are no reason to build.
	olds, news = withoutIgnored(olds), withoutIgnored(news)
	delta := olds.Diff(news)
	if delta == nil {
		return &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}, nil
	}
	detailed := map[string]*rpc.PropertyDiff{}
	for path, change := range plugin.NewDetailedDiffFromObjectDiff(delta, true) {
		detailed[path] = &rpc.PropertyDiff{Kind: rpc.PropertyDiff_Kind(change.Kind), InputDiff: true}
	}
	return &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_SOME, DetailedDiff: detailed, HasDetailedDiff: true}, nil
}

func withoutIgnored(properties resource.PropertyMap) resource.PropertyMap {
	properties = properties.Copy()
	delete(properties, "buildOnPreview")
	if properties["registry"].IsObject() {
		server := properties["registry"].ObjectValue()["server"]
		properties["registry"] = resource.NewObjectProperty(resource.PropertyMap{"server": server})
	}
	return properties
}

// Create builds the image; its id is its name.
func (s *Server) Create(ctx context.Context, req *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	properties, err := plugin.UnmarshalProperties(req.GetProperties(), plain)
	if err != nil {
		return nil, err
	}
	state, err := s.build(ctx, resource.URN(req.GetUrn()), properties, req.GetPreview())
	if err != nil {
		return nil, err
	}
	id := ""
	if name := state["imageName"]; name.IsString() && !req.GetPreview() {
		id = name.StringValue()
	}
	outputs, err := plugin.MarshalProperties(state, withSecrets)
	return &rpc.CreateResponse{Id: id, Properties: outputs}, err
}

// Update builds the image again.
func (s *Server) Update(ctx context.Context, req *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	properties, err := plugin.UnmarshalProperties(req.GetNews(), plain)
	if err != nil {
		return nil, err
	}
	state, err := s.build(ctx, resource.URN(req.GetUrn()), properties, req.GetPreview())
	if err != nil {
		return nil, err
	}
	outputs, err := plugin.MarshalProperties(state, withSecrets)
	return &rpc.UpdateResponse{Properties: outputs}, err
}

var withSecrets = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true}

// build returns the resource's new state; in a preview that shall not build, only what the inputs tell.
func (s *Server) build(ctx context.Context, urn resource.URN, properties resource.PropertyMap, preview bool) (resource.PropertyMap, error) {
	onPreview := properties["buildOnPreview"]
	if preview && (properties.ContainsUnknowns() || !onPreview.IsBool() || !onPreview.BoolValue()) {
		return properties, nil
	}
	in, err := decode(properties)
	if err != nil {
		return nil, err
	}
	docker, err := s.config.connect()
	if err != nil {
		return nil, err
	}
	defer docker.Close()
	// The engine cancels builds by a call of its own, and a broken call must end its build too.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.lifetime, cancel)()
	id, err := run(ctx, docker, in, func(line string) { s.status(ctx, urn, masked(in, line)) })
	if err != nil {
		return nil, fmt.Errorf("building %s on %s: %s", in.ImageName, s.config.host, masked(in, err.Error()))
	}
	state := resource.PropertyMap{
		"imageName":     resource.NewStringProperty(in.ImageName),
		"baseImageName": resource.NewStringProperty(in.ImageName),
		"repoDigest":    resource.NewStringProperty(id),
		"context":       resource.NewStringProperty(in.Build.Context),
		"dockerfile":    resource.NewStringProperty(in.Build.Dockerfile),
		"platform":      resource.NewStringProperty(in.Build.Platform),
		inputsKey:       resource.MakeSecret(resource.NewObjectProperty(properties)),
	}
	if in.Registry != nil {
		state["registryServer"] = resource.NewStringProperty(in.Registry.Server)
	}
	return state, nil
}

// masked hides the registry's password; the values of secrets in the configuration are hidden by Pulumi.
func masked(in inputs, text string) string {
	if in.Registry == nil || in.Registry.Password == "" {
		return text
	}
	return strings.ReplaceAll(text, in.Registry.Password, "[secret]")
}

// status shows a line beside the resource while it is built; a line that cannot be shown is no fault of the build.
func (s *Server) status(ctx context.Context, urn resource.URN, line string) {
	_ = s.host.LogStatus(ctx, diag.Info, urn, line)
}

func (s *Server) log(urn resource.URN, line string) {
	_ = s.host.Log(s.lifetime, diag.Info, urn, line)
}
