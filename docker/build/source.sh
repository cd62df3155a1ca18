#!/bin/bash
# Puts Asterisk's source into /tmp/source, in two halves that lie over each other again in the stage builder:
# configure/, what configure and pjproject read, and rest/.
set -euo pipefail
: "${SOURCE_URL:=}" "${SOURCE_SHA256:=}" "${VERSION:=}"

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

tarball=/tmp/context/asterisk.tar.gz download=
if [ ! -f "$tarball" ]; then
  [ -n "$SOURCE_URL" ] && [ -n "$SOURCE_SHA256" ] ||
    fail "There is no Asterisk source." \
      "Expected the build arguments SOURCE_URL and SOURCE_SHA256, or source/asterisk.tar.gz in the context."
  # Kept in a cache mount, so that a build that fails later on does not download again.
  tarball=/var/cache/downloads/$SOURCE_SHA256 download=$tarball
  if [ ! -f "$tarball" ]; then
    echo "Downloading $SOURCE_URL"
    curl --fail --silent --show-error --location --retry 3 --output "$tarball.part" "$SOURCE_URL" ||
      fail "$SOURCE_URL could not be downloaded." "Check the URL, and that this host reaches it; or give the source as a directory."
    mv "$tarball.part" "$tarball"
  fi
fi
sum=$(sha256sum "$tarball" | cut -d' ' -f1)
if [ "$sum" != "${SOURCE_SHA256:-$sum}" ]; then
  rm -f "$download"
  fail "The SHA-256 of ${SOURCE_URL:-the packed source directory} is not the expected one:" "  expected $SOURCE_SHA256" \
    "  got      $sum" "Compare both with the release's announcement, then correct SOURCE_SHA256 (in a stack: asterisk.source.sha256)."
fi

rest=/tmp/source/rest configure=/tmp/source/configure
mkdir -p "$rest" "$configure/main"
tar --extract --file "$tarball" --directory "$rest" --strip-components=1 --no-same-owner
cd "$rest"
found=$(cat .version 2>/dev/null) || fail "${SOURCE_URL:-The source directory} is no Asterisk source: it has no .version."
[ "$found" = "$VERSION" ] ||
  fail "The source is Asterisk $found, but VERSION is \"$VERSION\". Give the version that the source has, or the other source."

# The release's time stands for the time of the build in all that is made of it.
epoch=$(date -ud "$(sed -n 's/^ *Date: *//p' "ChangeLogs/ChangeLog-$found.md" 2>/dev/null | sort | tail -n1)" +%s 2>/dev/null) ||
  epoch=$(stat -c %Y .version)
[ "$epoch" -gt 0 ] || epoch=1
echo "$epoch" > .source-date-epoch

find . -maxdepth 1 -type f ! -name '*.md' ! -name .version ! -name .source-date-epoch -exec mv -t "$configure" {} +
find . -name '*.in' -print0 | xargs -0r cp --parents -t "$configure"
for folder in autoconf build_tools externals menuselect third-party; do
  [ ! -d "$folder" ] || { rm -rf "${configure:?}/$folder"; mv "$folder" "$configure"; }
done
# configure wants to see one source file, by which it knows that it is in the right folder.
touch "$configure/main/asterisk.c"
# One time for all: make must take no file that came with the source for outdated.
find /tmp/source -exec touch --no-dereference --date="@$epoch" {} +
