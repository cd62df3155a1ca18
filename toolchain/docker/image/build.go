package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/docker/cli/cli/config"
	dockerbuild "github.com/docker/docker/api/types/build"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/jsonmessage"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
)

var errCancelled = errors.New("the build was cancelled")

// run builds the image on the provider's host and returns its id; say gets each line of the build's output.
func run(ctx context.Context, docker *client.Client, in inputs, say func(string)) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tar, dockerfile, err := archiveContext(in.Build)
	if err != nil {
		return "", err
	}
	defer tar.Close()
	options := dockerbuild.ImageBuildOptions{
		Tags:       []string{in.ImageName},
		Dockerfile: dockerfile,
		Target:     in.Build.Target,
		Platform:   in.Build.Platform,
		// The type of the Go client has no other name for it: this is `docker build --network`.
		NetworkMode: in.Build.Network,
		ExtraHosts:  in.Build.AddHosts,
		CacheFrom:   in.Build.CacheFrom.Images,
		BuildArgs:   map[string]*string{},
		Version:     dockerbuild.BuilderV1,
		Remove:      true,
	}
	for name, value := range in.Build.Args {
		options.BuildArgs[name] = &value
	}
	if in.Build.BuilderVersion != "BuilderV1" {
		closeSession, id, err := startSession(ctx, docker)
		if err != nil {
			return "", err
		}
		defer closeSession()
		options.Version, options.SessionID = dockerbuild.BuilderBuildKit, id
	}
	response, err := docker.ImageBuild(ctx, tar, options)
	if broken := (*url.Error)(nil); errors.As(err, &broken) {
		if ctx.Err() != nil {
			return "", errCancelled
		}
		// Without the request's URL, which has all build arguments in it.
		return "", fmt.Errorf("the connection to the Docker host broke before the whole build context was there: %w", broken.Err)
	} else if err != nil {
		return "", err
	}
	defer response.Body.Close()
	log := &buildLog{say: say}
	if err := follow(response.Body, log); err != nil {
		if ctx.Err() != nil {
			return "", errCancelled
		}
		return "", log.explain(err)
	}
	if log.imageID != "" {
		return log.imageID, nil
	}
	built, err := docker.ImageInspect(ctx, in.ImageName)
	if err != nil {
		return "", fmt.Errorf("the build ended well, but %s is not there: %w", in.ImageName, err)
	}
	return built.ID, nil
}

// startSession opens the session over which BuildKit asks for registry credentials.
func startSession(ctx context.Context, docker *client.Client) (func(), string, error) {
	// The API version must be known before the first hijacked connection.
	docker.NegotiateAPIVersion(ctx)
	builder, err := session.NewSession(ctx, "pulumi-docker")
	if err != nil {
		return nil, "", err
	}
	builder.Allow(authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		ConfigFile: config.LoadDefaultConfigFile(io.Discard),
	}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// A session that fails shows as a failed build.
		_ = builder.Run(ctx, func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return docker.DialHijack(ctx, "/session", proto, http.Header(meta))
		})
	}()
	return func() {
		builder.Close()
		<-ended
	}, builder.ID(), nil
}

// follow reads the engine's stream of JSON messages to its end.
func follow(stream io.Reader, log *buildLog) error {
	decoder := json.NewDecoder(stream)
	for {
		var message jsonmessage.JSONMessage
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			log.end()
			return nil
		} else if err != nil {
			return fmt.Errorf("the connection to the Docker host broke during the build: %w", err)
		}
		if message.Error != nil {
			log.end()
			return errors.New(message.Error.Message)
		}
		log.add(message)
	}
}
