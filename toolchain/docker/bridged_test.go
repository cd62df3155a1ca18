package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// sdk is the official SDK, as npm installs it for this project.
const sdk = "../../node_modules/@pulumi/docker"

// TestNamesAreTheSDKs compares tokens, property names and list or single value with what the SDK declares.
func TestNamesAreTheSDKs(t *testing.T) {
	info := bridged("5.2.0")
	for name, resource := range info.Resources {
		class := string(resource.Tok.Name())
		file := text(t, strings.ToLower(class[:1])+class[1:]+".d.ts")
		if !strings.Contains(text(t, strings.ToLower(class[:1])+class[1:]+".js"), "'"+string(resource.Tok)+"'") {
			t.Errorf("%s: the SDK has another token", resource.Tok)
		}
		declared := members(file, class+"Args")
		for output := range members(file, class) {
			if _, input := declared[output]; !input {
				declared[output] = ""
			}
		}
		compare(t, class, info.P.ResourcesMap().Get(name).Schema(), resource.Fields, declared)
	}
	for _, function := range info.DataSources {
		file := string(function.Tok.Name()) + ".js"
		if !strings.Contains(text(t, file), `"`+string(function.Tok)+`"`) {
			t.Errorf("%s: the SDK has another token", function.Tok)
		}
	}
	compare(t, "Provider", info.P.Schema(), info.Config, members(text(t, "provider.d.ts"), "ProviderArgs"))
}

func compare(t *testing.T, path string, schema shim.SchemaMap, fields map[string]*tfbridge.SchemaInfo, declared map[string]string) {
	t.Helper()
	served := map[string]bool{}
	schema.Range(func(key string, value shim.Schema) bool {
		// A resource's own id is not a property, and what is removed in Terraform is no longer in the SDK.
		if key == "id" && !strings.Contains(path, ".") || value.Removed() != "" {
			return true
		}
		name := tfbridge.TerraformToPulumiNameV2(key, schema, fields)
		served[name] = true
		declaration, known := declared[name]
		if !known {
			t.Errorf("%s.%s is not in the SDK", path, name)
			return true
		}
		list := value.Type() == shim.TypeList || value.Type() == shim.TypeSet
		if declaration != "" && list && strings.Contains(declaration, "[]") == tfbridge.IsMaxItemsOne(value, fields[key]) {
			t.Errorf("%s.%s is a list here or in the SDK, and a single value in the other: %s", path, name, declaration)
		}
		nested, isObject := value.Elem().(shim.Resource)
		if kind := regexp.MustCompile(`inputs\.(\w+)`).FindStringSubmatch(declaration); isObject && kind != nil {
			compare(t, path+"."+name, nested.Schema(), nil, members(text(t, "types/input.d.ts"), kind[1]))
		}
		return true
	})
	for name := range declared {
		if !served[name] {
			t.Errorf("%s.%s of the SDK is not served", path, name)
		}
	}
}

// members are the properties of a class or interface, with their types.
func members(file, name string) map[string]string {
	found := map[string]string{}
	body := regexp.MustCompile(`(?s)\n?export (declare class|interface) ` + name + ` .*?\n}`).FindString(file)
	for _, line := range regexp.MustCompile(`(?ms)^    (?:readonly )?(\w+)\??: (.*?);$`).FindAllStringSubmatch(body, -1) {
		found[line[1]] = line[2]
	}
	return found
}

func text(t *testing.T, name string) string {
	t.Helper()
	bytes, err := os.ReadFile(filepath.Join(sdk, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes)
}
