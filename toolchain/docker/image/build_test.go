package image

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/docker/docker/client"
)

func TestAConnectionThatBreaksInTheUploadIsNamedWithoutTheRequest(t *testing.T) {
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		connection.Close()
	}))
	defer engine.Close()
	docker, err := client.NewClientWithOpts(client.WithHost("tcp://"+engine.Listener.Addr().String()), client.WithVersion("1.41"))
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	b := project(t, nil)
	b.BuilderVersion, b.Args = "BuilderV1", map[string]string{"VERSION": "22.10.1"}
	_, err = run(context.Background(), docker, inputs{ImageName: "tc:1", Build: b}, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "broke before the whole build context") || strings.Contains(err.Error(), "22.10.1") {
		t.Errorf("got %v", err)
	}
}
