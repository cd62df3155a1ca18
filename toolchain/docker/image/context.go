package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	dockerbuild "github.com/docker/cli/cli/command/image/build"
	"github.com/moby/go-archive"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

// ignorePatterns reads <Dockerfile>.dockerignore or, where there is none, .dockerignore in the context.
func ignorePatterns(b build) ([]string, error) {
	for _, name := range []string{b.Dockerfile + ".dockerignore", filepath.Join(b.Context, ".dockerignore")} {
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer file.Close()
		patterns, err := ignorefile.ReadAll(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return patterns, nil
	}
	return nil, nil
}

// checkFiles says early, and in words, that there is no such context or Dockerfile.
func checkFiles(b build) error {
	if info, err := os.Stat(b.Context); err != nil || !info.IsDir() {
		return fmt.Errorf("build.context: expected a directory, got %q", b.Context)
	}
	if _, err := os.Stat(b.Dockerfile); err == nil {
		return nil
	}
	inContext := filepath.Join(b.Context, b.Dockerfile)
	if _, err := os.Stat(inContext); err == nil && !filepath.IsAbs(b.Dockerfile) {
		return fmt.Errorf("build.dockerfile: there is no %q (a path is relative to the project; try %q)", b.Dockerfile, inContext)
	}
	return fmt.Errorf("build.dockerfile: there is no %q", b.Dockerfile)
}

// digest is a hash over names, modes and contents of the Dockerfile and of all in the context that is not ignored.
func digest(b build) (string, error) {
	patterns, err := ignorePatterns(b)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	dockerfile, err := os.ReadFile(b.Dockerfile)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(sum, "Dockerfile\x00%d\x00%s", len(dockerfile), dockerfile)
	directory, err := fsutil.NewFS(b.Context)
	if err != nil {
		return "", err
	}
	files, err := fsutil.NewFilterFS(directory, &fsutil.FilterOpt{ExcludePatterns: patterns})
	if err != nil {
		return "", err
	}
	err = files.Walk(context.Background(), "", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return addFile(sum, b.Context, name, info.Mode())
	})
	if err != nil {
		return "", fmt.Errorf("build.context %q: %w", b.Context, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// addFile adds one file; of a symbolic link, where it points, which is what the build gets.
func addFile(sum io.Writer, directory, name string, mode fs.FileMode) error {
	full := filepath.Join(directory, name)
	fmt.Fprintf(sum, "%s\x00%s\x00", filepath.ToSlash(name), mode)
	if mode.Type() == fs.ModeSymlink {
		target, err := os.Readlink(full)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s\x00", filepath.ToSlash(target))
		return nil
	}
	if !mode.IsRegular() {
		return nil
	}
	file, err := os.Open(full)
	if err != nil {
		return err
	}
	defer file.Close()
	content := sha256.New()
	if _, err := io.Copy(content, file); err != nil {
		return err
	}
	_, err = sum.Write(content.Sum(nil))
	return err
}

// archiveContext streams the context as a tar and gives the Dockerfile's name inside it.
func archiveContext(b build) (io.ReadCloser, string, error) {
	patterns, err := ignorePatterns(b)
	if err != nil {
		return nil, "", err
	}
	directory, err := filepath.Abs(b.Context)
	if err != nil {
		return nil, "", err
	}
	dockerfile, err := filepath.Abs(b.Dockerfile)
	if err != nil {
		return nil, "", err
	}
	inside, err := filepath.Rel(directory, dockerfile)
	if err != nil {
		return nil, "", err
	}
	outside := inside == ".." || strings.HasPrefix(inside, ".."+string(filepath.Separator))
	if !outside {
		// The builder needs the Dockerfile even where it is ignored.
		patterns = dockerbuild.TrimBuildFilesFromExcludes(patterns, filepath.ToSlash(inside), false)
	}
	tar, err := archive.TarWithOptions(directory, &archive.TarOptions{
		ExcludePatterns: patterns,
		ChownOpts:       &archive.ChownOpts{UID: 0, GID: 0},
	})
	if err != nil || !outside {
		return tar, filepath.ToSlash(inside), err
	}
	file, err := os.Open(dockerfile)
	if err != nil {
		tar.Close()
		return nil, "", err
	}
	return dockerbuild.AddDockerfileToBuildContext(file, tar)
}
