#!/bin/sh
# As the last step of the build: what was installed can run.
set -eu
asterisk -V
missing=$(find /usr/sbin/ast* /usr/lib/libasterisk* /usr/lib/asterisk/modules -type f -exec ldd {} + 2>/dev/null |
  awk '/^\// { file = $1 } /not found/ { print file, $0 }')
if [ -n "$missing" ]; then
  echo "Libraries are missing from the image:" "$missing" >&2
  exit 1
fi
