package image

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/docker/client"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// hostConfig is what of the provider's configuration says how its Docker host is reached.
type hostConfig struct {
	host     string
	sshOpts  []string
	certPath string
	refused  []string
}

// readConfig takes the provider's configuration, else the environment, as the bridged resources do.
func readConfig(req *rpc.ConfigureRequest, defaultHost string) (hostConfig, error) {
	value := func(property, variable, otherwise string) string {
		if set := req.GetVariables()["docker:config:"+property]; set != "" {
			return set
		}
		if set := os.Getenv(variable); variable != "" && set != "" {
			return set
		}
		return otherwise
	}
	c := hostConfig{
		host:     value("host", "DOCKER_HOST", defaultHost),
		certPath: value("certPath", "DOCKER_CERT_PATH", ""),
	}
	if list := value("sshOpts", "", ""); list != "" {
		if err := json.Unmarshal([]byte(list), &c.sshOpts); err != nil {
			return c, fmt.Errorf("docker:sshOpts: expected a list of strings, got %s", list)
		}
	} else {
		c.sshOpts = strings.Fields(os.Getenv("DOCKER_SSH_OPTS"))
	}
	for property, variable := range map[string]string{
		"caMaterial": "DOCKER_CA_MATERIAL", "certMaterial": "DOCKER_CERT_MATERIAL",
		"keyMaterial": "DOCKER_KEY_MATERIAL", "context": "DOCKER_CONTEXT",
	} {
		if value(property, variable, "") != "" {
			c.refused = append(c.refused, property)
		}
	}
	return c, nil
}

// connect makes a client for the provider's host; nothing is sent before its first use.
func (c hostConfig) connect() (*client.Client, error) {
	if len(c.refused) > 0 {
		return nil, fmt.Errorf("docker.Image of the plugin that was built here does not know the provider's %s: "+
			"use host with sshOpts or certPath", strings.Join(c.refused, ", "))
	}
	options := []client.Opt{client.WithAPIVersionNegotiation()}
	switch {
	case strings.HasPrefix(c.host, "ssh://"):
		helper, err := connhelper.GetConnectionHelperWithSSHOpts(c.host, c.sshOpts)
		if err != nil {
			return nil, fmt.Errorf("docker host %q: %w", c.host, err)
		}
		options = append(options, client.WithHost(helper.Host), client.WithDialContext(helper.Dialer))
	case c.certPath != "":
		options = append(options, client.WithHost(c.host), client.WithTLSClientConfig(
			filepath.Join(c.certPath, "ca.pem"), filepath.Join(c.certPath, "cert.pem"), filepath.Join(c.certPath, "key.pem")))
	default:
		options = append(options, client.WithHost(c.host))
	}
	docker, err := client.NewClientWithOpts(options...)
	if err != nil {
		return nil, fmt.Errorf("docker host %q: %w", c.host, err)
	}
	return docker, nil
}
