#!/bin/bash
# Compiles the bundled pjproject, in a layer of its own.
set -euxo pipefail
. /run/build/jobs.sh

# The one choice of menuselect, which runs later, that concerns pjproject.
if [ "$BUILD_NATIVE" = 1 ]; then echo "MENUSELECT_CFLAGS=BUILD_NATIVE" > menuselect.makeopts; fi
# Without NOISY_BUILD its errors are thrown away.
make -C third-party/pjproject -j "$JOBS" NOISY_BUILD=yes all
rm -f menuselect.makeopts
