package image

import (
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func marshal(t *testing.T, properties resource.PropertyMap) *structpb.Struct {
	t.Helper()
	marshalled, err := plugin.MarshalProperties(properties, withSecrets)
	if err != nil {
		t.Fatal(err)
	}
	return marshalled
}

// imageOf are inputs as a program gives them.
func imageOf(b build) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(map[string]any{
		"imageName": "tc:1",
		"skipPush":  true,
		"build":     map[string]any{"context": b.Context, "dockerfile": b.Dockerfile, "platform": "linux/arm64"},
	})
}

func checked(t *testing.T, properties resource.PropertyMap) resource.PropertyMap {
	t.Helper()
	response, err := NewServer(nil, "").Check(&rpc.CheckRequest{News: marshal(t, properties)})
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := plugin.UnmarshalProperties(response.GetInputs(), plain)
	if err != nil {
		t.Fatal(err)
	}
	return inputs
}

func diffOf(t *testing.T, olds, news resource.PropertyMap) *rpc.DiffResponse {
	t.Helper()
	response, err := NewServer(nil, "").Diff(&rpc.DiffRequest{OldInputs: marshal(t, olds), News: marshal(t, news)})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestOnlyAChangedFileIsADifference(t *testing.T) {
	b := project(t, nil)
	before := checked(t, imageOf(b))
	if changes := diffOf(t, before, checked(t, imageOf(b))).GetChanges(); changes != rpc.DiffResponse_DIFF_NONE {
		t.Errorf("nothing has changed: %s", changes)
	}
	write(t, filepath.Join(b.Context, "main.c"), "other")
	diff := diffOf(t, before, checked(t, imageOf(b)))
	if _, found := diff.GetDetailedDiff()["build.contextDigest"]; !found || len(diff.GetDetailedDiff()) != 1 || len(diff.GetReplaces()) != 0 {
		t.Errorf("got %s", diff)
	}
}

func TestNewCredentialsAreNoDifference(t *testing.T) {
	with := func(password string) resource.PropertyMap {
		inputs := imageOf(project(t, nil))
		delete(inputs, "build")
		inputs["registry"] = resource.NewPropertyValue(map[string]any{"server": "example.org", "password": password})
		return inputs
	}
	if changes := diffOf(t, with("old"), with("new")).GetChanges(); changes != rpc.DiffResponse_DIFF_NONE {
		t.Errorf("got %s", changes)
	}
}

func TestWhatIsNotKnownYetIsLeftForLater(t *testing.T) {
	b := project(t, nil)
	inputs := imageOf(b)
	inputs["imageName"] = resource.MakeComputed(resource.NewStringProperty(""))
	inputs["build"].ObjectValue()["args"] = resource.MakeComputed(resource.NewStringProperty(""))
	got := checked(t, inputs)
	if !got["imageName"].IsComputed() || !got["build"].ObjectValue()["contextDigest"].IsString() {
		t.Errorf("got %v", got)
	}
	inputs["build"].ObjectValue()["context"] = resource.MakeComputed(resource.NewStringProperty(""))
	if got := checked(t, inputs); !got["build"].ObjectValue()["contextDigest"].IsNull() {
		t.Errorf("got %v", got)
	}
}

func TestBadInputIsRefusedBeforeAnythingIsBuilt(t *testing.T) {
	b := project(t, nil)
	for key, value := range map[resource.PropertyKey]string{"dockerfile": "none", "context": "none", "builderVersion": "3"} {
		inputs := imageOf(b)
		inputs["build"].ObjectValue()[key] = resource.NewStringProperty(value)
		if _, err := NewServer(nil, "").Check(&rpc.CheckRequest{News: marshal(t, inputs)}); err == nil {
			t.Errorf("build.%s = %q is accepted", key, value)
		}
	}
}

func TestTheRegistrysPasswordIsHidden(t *testing.T) {
	if got := masked(inputs{Registry: &registry{Password: "s3cret"}}, "login s3cret"); got != "login [secret]" {
		t.Errorf("got %s", got)
	}
}
