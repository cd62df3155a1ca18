#!/bin/bash
# Moves what configure and pjproject read out of the source in /tmp/source/rest, into /tmp/source/configure. In the
# stage builder the two halves lie over each other again.
set -euo pipefail
rest=/tmp/source/rest configure=/tmp/source/configure
cd "$rest"

# The release's time stands for the time of the build in all that is made of it: that of the newest change in it.
date=$(sed -n 's/^ *Date: *//p' "ChangeLogs/ChangeLog-$(cat .version).md" 2>/dev/null | sort | tail -n1) || true
epoch=$(date --utc --date="${date:-@$(stat -c %Y .version)}" +%s)
# FPM cannot do with zero: https://github.com/jordansissel/fpm/blob/v1.16.0/lib/fpm/package/deb.rb
[ "$epoch" -gt 0 ] || epoch=1
echo "$epoch" > .source-date-epoch

mkdir -p "$configure/main"
find . -maxdepth 1 -type f ! -name '*.md' ! -name .version ! -name .source-date-epoch -exec mv -t "$configure" {} +
find . -name '*.in' -print0 | xargs -0r cp --parents -t "$configure"
for folder in autoconf build_tools externals menuselect third-party; do
  [ ! -d "$folder" ] || { rm -rf "${configure:?}/$folder"; mv "$folder" "$configure"; }
done
# configure wants to see one source file, by which it knows that it is in the right folder.
touch "$configure/main/asterisk.c"
# Whoever packed the source, and with whatever umask: the layers made of it stay valid.
chmod -R u=rwX,go=rX /tmp/source
# One time for all: make must take no file that came with the source for outdated.
find /tmp/source -exec touch --no-dereference --date="@$epoch" {} +
