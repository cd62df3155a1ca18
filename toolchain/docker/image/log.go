package image

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docker/docker/pkg/jsonmessage"
	control "github.com/moby/buildkit/api/services/control"
	"google.golang.org/protobuf/proto"
)

// linesInError is how much of a failed step's output its error carries.
const linesInError = 30

// buildLog turns the engine's messages into lines, and keeps the last ones of each step for an error.
type buildLog struct {
	say     func(string)
	imageID string
	partial map[string]string
	last    map[string][]string
	started map[string]bool
	failed  string
}

func (l *buildLog) add(message jsonmessage.JSONMessage) {
	switch {
	case message.ID == "moby.buildkit.trace" && message.Aux != nil:
		l.addTrace(*message.Aux)
	case message.Aux != nil:
		var result struct{ ID string }
		if json.Unmarshal(*message.Aux, &result) == nil && result.ID != "" {
			l.imageID = result.ID
		}
	case message.Stream != "":
		l.output("", message.Stream)
	case message.Status != "":
		l.output("", strings.TrimSpace(message.ID+" "+message.Status)+"\n")
	}
}

// addTrace takes BuildKit's own progress: steps that start or fail, and what they print.
func (l *buildLog) addTrace(aux json.RawMessage) {
	var bytes []byte
	var trace control.StatusResponse
	if json.Unmarshal(aux, &bytes) != nil || proto.Unmarshal(bytes, &trace) != nil {
		return // from a newer engine: the lines are lost, the build is not
	}
	if l.started == nil {
		l.started = map[string]bool{}
	}
	for _, step := range trace.Vertexes {
		if step.Started != nil && !l.started[step.Digest] {
			l.started[step.Digest] = true
			l.say(step.Name)
		}
		if step.Error != "" && !strings.Contains(step.Error, "context canceled") {
			l.failed = step.Digest
		}
	}
	for _, output := range trace.Logs {
		l.output(output.Vertex, string(output.Msg))
	}
	for _, warning := range trace.Warnings {
		l.say(string(warning.Short))
	}
}

// output splits at line ends of either kind: a progress bar redraws itself with \r.
func (l *buildLog) output(step, text string) {
	if l.partial == nil {
		l.partial, l.last = map[string]string{}, map[string][]string{}
	}
	lines := strings.FieldsFunc(l.partial[step]+text, func(r rune) bool { return r == '\n' || r == '\r' })
	l.partial[step] = ""
	if len(lines) > 0 && !strings.HasSuffix(text, "\n") && !strings.HasSuffix(text, "\r") {
		l.partial[step] = lines[len(lines)-1]
		lines = lines[:len(lines)-1]
	}
	for _, line := range lines {
		l.line(step, line)
	}
}

func (l *buildLog) line(step, line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	l.say(line)
	kept := append(l.last[step], line)
	l.last[step] = kept[max(0, len(kept)-linesInError):]
}

// end gives out lines that had no end.
func (l *buildLog) end() {
	for step, rest := range l.partial {
		l.line(step, rest)
	}
	l.partial = nil
}

// explain adds the failed step's last lines to the builder's error, which has only its command and exit code.
func (l *buildLog) explain(err error) error {
	lines := l.last[l.failed]
	if len(lines) == 0 {
		return err
	}
	return fmt.Errorf("%w\nThe last lines of its output:\n  %s", err, strings.Join(lines, "\n  "))
}
