package main

import (
	"context"
	"encoding/json"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/terraform-providers/terraform-provider-docker/toolchain/image"
)

// hybrid answers for docker:index/image:Image itself and passes everything else on to the bridge.
type hybrid struct {
	rpc.ResourceProviderServer
	image *image.Server
}

func isImage(urn string) bool {
	return resource.URN(urn).Type() == image.Token
}

func (h *hybrid) Configure(ctx context.Context, req *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	if err := h.image.Configure(req); err != nil {
		return nil, err
	}
	return h.ResourceProviderServer.Configure(ctx, req)
}

func (h *hybrid) Check(ctx context.Context, req *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	if isImage(req.GetUrn()) {
		return h.image.Check(req)
	}
	return h.ResourceProviderServer.Check(ctx, req)
}

func (h *hybrid) Diff(ctx context.Context, req *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	if isImage(req.GetUrn()) {
		return h.image.Diff(req)
	}
	return h.ResourceProviderServer.Diff(ctx, req)
}

func (h *hybrid) Create(ctx context.Context, req *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	if isImage(req.GetUrn()) {
		return h.image.Create(ctx, req)
	}
	return h.ResourceProviderServer.Create(ctx, req)
}

func (h *hybrid) Update(ctx context.Context, req *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	if isImage(req.GetUrn()) {
		return h.image.Update(ctx, req)
	}
	return h.ResourceProviderServer.Update(ctx, req)
}

// Read gives an image back as it is in the state, as the official plugin does.
func (h *hybrid) Read(ctx context.Context, req *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	if isImage(req.GetUrn()) {
		return &rpc.ReadResponse{Id: req.GetId(), Inputs: req.GetInputs(), Properties: req.GetProperties()}, nil
	}
	return h.ResourceProviderServer.Read(ctx, req)
}

// Delete leaves an image on its host, as the official plugin does.
func (h *hybrid) Delete(ctx context.Context, req *rpc.DeleteRequest) (*emptypb.Empty, error) {
	if isImage(req.GetUrn()) {
		return &emptypb.Empty{}, nil
	}
	return h.ResourceProviderServer.Delete(ctx, req)
}

func (h *hybrid) Cancel(ctx context.Context, req *emptypb.Empty) (*emptypb.Empty, error) {
	h.image.Cancel()
	return h.ResourceProviderServer.Cancel(ctx, req)
}

// schema lists what is served, without the properties: programs use the official SDK, which brings them.
func schema(info tfbridge.ProviderInfo) []byte {
	resources := map[string]struct{}{image.Token: {}}
	for _, bridged := range info.Resources {
		resources[string(bridged.Tok)] = struct{}{}
	}
	functions := map[string]struct{}{}
	for _, bridged := range info.DataSources {
		functions[string(bridged.Tok)] = struct{}{}
	}
	bytes, err := json.Marshal(map[string]any{
		"name":        info.Name,
		"version":     info.Version,
		"displayName": "Docker (built here)",
		"description": "Docker; built from the Go module proxy in place of the official plugin.",
		"resources":   resources,
		"functions":   functions,
	})
	if err != nil {
		panic(err) // maps of strings can always be encoded
	}
	return bytes
}
