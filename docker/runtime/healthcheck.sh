#!/bin/sh
# Healthy is an Asterisk that has started up entirely and still answers.
set -eu
timeout 15 asterisk -rx "core waitfullybooted" | grep --quiet "fully booted"

# Asterisk rotates its logs when told to, and nobody else is in this container to tell it: when one is over 10 MB, this is.
# logger.conf says what becomes of the old files. Any other file there, such as a packet trace, would stay as large; and
# `logger show channels` has room for 35 characters of a name.
large=$(find /var/log/asterisk -maxdepth 1 -type f -size +10M | cut -c1-35)
channels() { timeout 4 asterisk -rx "logger show channels" | cut -c1-35 | sed 's/ *$//'; }
if [ "$large" ] && channels | grep --quiet --fixed-strings --line-regexp -e "$large"; then
  timeout 4 asterisk -rx "logger rotate" > /dev/null
fi
