package image

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/pkg/jsonmessage"
	control "github.com/moby/buildkit/api/services/control"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// trace is a message of BuildKit's, as the engine wraps it.
func trace(t *testing.T, status *control.StatusResponse) jsonmessage.JSONMessage {
	t.Helper()
	bytes, err := proto.Marshal(status)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(bytes)
	if err != nil {
		t.Fatal(err)
	}
	aux := json.RawMessage(text)
	return jsonmessage.JSONMessage{ID: "moby.buildkit.trace", Aux: &aux}
}

func printed(t *testing.T, text string) jsonmessage.JSONMessage {
	return trace(t, &control.StatusResponse{Logs: []*control.VertexLog{{Vertex: "step", Msg: []byte(text)}}})
}

func TestOutputIsSplitIntoLines(t *testing.T) {
	var said []string
	log := &buildLog{say: func(line string) { said = append(said, line) }}
	for _, text := range []string{"one\ntw", "o\r\n", "10%\r20%\r\n\n", "rest"} {
		log.add(printed(t, text))
	}
	log.end()
	if want := []string{"one", "two", "10%", "20%", "rest"}; !slices.Equal(said, want) {
		t.Errorf("expected %q, got %q", want, said)
	}
}

func TestEachStepIsNamedOnce(t *testing.T) {
	var said []string
	log := &buildLog{say: func(line string) { said = append(said, line) }}
	step := &control.Vertex{Digest: "step", Name: "[2/3] RUN make", Started: timestamppb.New(time.Unix(1, 0))}
	log.add(trace(t, &control.StatusResponse{Vertexes: []*control.Vertex{step}}))
	log.add(trace(t, &control.StatusResponse{Vertexes: []*control.Vertex{step}}))
	if want := []string{"[2/3] RUN make"}; !slices.Equal(said, want) {
		t.Errorf("expected %q, got %q", want, said)
	}
}

func TestAnErrorCarriesTheFailedStepsLastLines(t *testing.T) {
	log := &buildLog{say: func(string) {}}
	log.add(printed(t, strings.Repeat("compiling\n", 100)+"main.c:1: error: no such thing\n"))
	log.add(trace(t, &control.StatusResponse{Vertexes: []*control.Vertex{{Digest: "step", Error: "exit code: 2"}}}))
	got := log.explain(errors.New("exit code: 2")).Error()
	if !strings.HasSuffix(got, "error: no such thing") || strings.Count(got, "compiling") != linesInError-1 {
		t.Errorf("got %s", got)
	}
}

func TestTheImagesIdIsTakenFromTheStream(t *testing.T) {
	log := &buildLog{say: func(string) {}}
	stream := `{"stream":"Step 1/1\n"}{"id":"moby.image.id","aux":{"ID":"sha256:abc"}}`
	if err := follow(strings.NewReader(stream), log); err != nil || log.imageID != "sha256:abc" {
		t.Errorf("got %q, %v", log.imageID, err)
	}
}

func TestABrokenStreamIsAnError(t *testing.T) {
	for stream, want := range map[string]string{`{"stream":"St`: "broke", `{"error":"no","errorDetail":{"message":"no"}}`: "no"} {
		if err := follow(strings.NewReader(stream), &buildLog{say: func(string) {}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", stream, err)
		}
	}
}
