package image

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// project is a context with a Dockerfile, a source and a log, in a folder of its own.
func project(t *testing.T, files map[string]string) build {
	t.Helper()
	directory := t.TempDir()
	for name, text := range map[string]string{"Dockerfile": "FROM scratch\n", "main.c": "main", "build.log": "1"} {
		write(t, filepath.Join(directory, name), text)
	}
	for name, text := range files {
		write(t, filepath.Join(directory, name), text)
	}
	return build{Context: directory, Dockerfile: filepath.Join(directory, "Dockerfile")}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func digestOf(t *testing.T, b build) string {
	t.Helper()
	sum, err := digest(b)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestDigestChangesWithAFileThatTheBuildGets(t *testing.T) {
	for _, name := range []string{"Dockerfile", "main.c", "new.c"} {
		b := project(t, nil)
		before := digestOf(t, b)
		if digestOf(t, b) != before {
			t.Fatal("the same files give two digests")
		}
		write(t, filepath.Join(b.Context, name), "changed")
		if digestOf(t, b) == before {
			t.Errorf("a changed %s does not show", name)
		}
	}
}

func TestDigestChangesWithAModeAndALink(t *testing.T) {
	b := project(t, nil)
	before := digestOf(t, b)
	if err := os.Chmod(filepath.Join(b.Context, "main.c"), 0o755); err != nil {
		t.Fatal(err)
	}
	executable := digestOf(t, b)
	// A link to nowhere is content like any other.
	if err := os.Symlink("nowhere", filepath.Join(b.Context, "link")); err != nil {
		t.Fatal(err)
	}
	if before == executable || executable == digestOf(t, b) {
		t.Error("a changed mode or a new link does not show")
	}
}

func TestIgnoredFilesDoNotCount(t *testing.T) {
	for ignore, ignored := range map[string]string{".dockerignore": "*.log\n", "Dockerfile.dockerignore": "# logs\nbuild.*\n"} {
		b := project(t, map[string]string{ignore: ignored})
		before := digestOf(t, b)
		write(t, filepath.Join(b.Context, "build.log"), "2")
		if digestOf(t, b) != before {
			t.Errorf("%s is not honoured", ignore)
		}
		if names := archived(t, b); slices.Contains(names, "build.log") || !slices.Contains(names, "main.c") {
			t.Errorf("%s: the archive has %v", ignore, names)
		}
	}
}

func TestTheDockerfilesOwnIgnoreFileComesFirst(t *testing.T) {
	b := project(t, map[string]string{".dockerignore": "main.c", "Dockerfile.dockerignore": "build.log"})
	if names := archived(t, b); !slices.Contains(names, "main.c") || slices.Contains(names, "build.log") {
		t.Errorf("the archive has %v", names)
	}
}

func TestAnIgnoredDockerfileIsSentAllTheSame(t *testing.T) {
	b := project(t, map[string]string{".dockerignore": "*"})
	if names := archived(t, b); !slices.Contains(names, "Dockerfile") || slices.Contains(names, "main.c") {
		t.Errorf("the archive has %v", names)
	}
}

func TestADockerfileMayBeOutsideTheContext(t *testing.T) {
	b := project(t, nil)
	b.Dockerfile = filepath.Join(t.TempDir(), "other.Dockerfile")
	write(t, b.Dockerfile, "FROM scratch\nLABEL other=1\n")
	stream, name, err := archiveContext(b)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if names := read(t, stream); !slices.Contains(names, name) {
		t.Errorf("the archive has %v, not %s", names, name)
	}
}

func archived(t *testing.T, b build) []string {
	t.Helper()
	stream, _, err := archiveContext(b)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	return read(t, stream)
}

func read(t *testing.T, stream io.Reader) []string {
	t.Helper()
	var names []string
	reader := tar.NewReader(stream)
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
}
