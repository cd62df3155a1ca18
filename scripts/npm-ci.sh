#!/bin/sh
# Installs the npm packages when they are not the lock file's: `npm ci` alone would do it anew at every call.
set -eu
cd "$(dirname "$0")/.."
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
  echo "Installing npm packages ..."
  npm ci --loglevel=error
  cp package-lock.json node_modules/.installed-lock.json
fi
