#!/bin/sh
# In place of Asterisk's build_tools/make_build_h: what `core show version` says of the build, from the source alone.
cat <<END
#define BUILD_HOSTNAME "asterisk-rpi5"
#define BUILD_KERNEL "Linux"
#define BUILD_MACHINE "$(uname -m)"
#define BUILD_OS "Linux"
#define BUILD_DATE "$(date -u -d "@$SOURCE_DATE_EPOCH" "+%Y-%m-%d %H:%M:%S") UTC"
#define BUILD_USER "builder"
END
