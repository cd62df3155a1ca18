#!/bin/bash
# Fetches Asterisk's source, checks that it is the expected one, and unpacks it into /tmp/source/rest.
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

mkdir -p /tmp/source/rest
cd /tmp/source/rest
tar --extract --file "$tarball" --strip-components=1 --no-same-owner
found=$(cat .version 2>/dev/null) || fail "${SOURCE_URL:-The source directory} is no Asterisk source: it has no .version."
[ "$found" = "$VERSION" ] ||
  fail "The source is Asterisk $found, but VERSION is \"$VERSION\". Give the version that the source has, or the other source."
exec bash /run/build/split-source.sh
