#!/bin/sh
# Healthy is an Asterisk that has started up entirely and still answers.
set -eu
timeout 15 asterisk -rx "core waitfullybooted" | grep --quiet "fully booted"

# Asterisk rotates its logs when told to, and nobody else is in this container to tell it: over 10 MB, this is.
# logger.conf says what becomes of the old files.
if [ -n "$(find /var/log/asterisk -maxdepth 1 -type f -size +10M ! -name '*.[0-9]*' -print -quit)" ]; then
  timeout 4 asterisk -rx "logger rotate" > /dev/null
fi
