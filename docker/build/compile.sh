#!/bin/bash
# Compiles Asterisk and installs it, stripped, into /tmp/installdir.
set -euxo pipefail
. /run/build/jobs.sh
SOURCE_DATE_EPOCH=$(cat .source-date-epoch)
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC

make menuselect.makeopts
menuselect/menuselect \
  --disable-category MENUSELECT_CORE_SOUNDS \
  --disable-category MENUSELECT_EXTRA_SOUNDS \
  --disable-category MENUSELECT_MOH \
  "$([ "$BUILD_NATIVE" = 1 ] && echo --enable || echo --disable)" BUILD_NATIVE \
  menuselect.makeopts
# DEBUG: no debug symbols, which are stripped below in any case and cost a quarter of the time.
make -j "$JOBS" DEBUG= all
make DEBUG= DESTDIR=/tmp/installdir install
