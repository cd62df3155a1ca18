#!/bin/bash
# Compiles Asterisk and installs it, stripped, into /tmp/installdir.
set -euxo pipefail
. /run/build/jobs.sh
SOURCE_DATE_EPOCH=$(cat .source-date-epoch)
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC

# What would make two builds of one source differ: who builds where and when, and the order of files in a folder.
install -m 755 /run/build/make_build_h.sh build_tools/make_build_h
sed -i -E "s/(\{FIND\} .*-name '\*\.(cc|xml)')\)/\1 | sort)/" build_tools/make_xml_documentation

# A tree whose .lastclean is missing is cleaned first, pjproject too; menuselect removes it when it changes something.
cp --preserve .cleancount .lastclean
make menuselect.makeopts
if [ "$BUILD_NATIVE" = 1 ]; then native=--enable; else native=--disable; fi
menuselect/menuselect \
  --disable-category MENUSELECT_CORE_SOUNDS \
  --disable-category MENUSELECT_EXTRA_SOUNDS \
  --disable-category MENUSELECT_MOH \
  "$native" BUILD_NATIVE \
  menuselect.makeopts
cp --preserve .cleancount .lastclean
# DEBUG: no debug symbols, which are stripped below in any case and cost a good part of the time.
make -j "$JOBS" DEBUG= all
make DEBUG= DESTDIR=/tmp/installdir install

set +x
find /tmp/installdir/usr/sbin /tmp/installdir/usr/lib -type f -print0 |
  while IFS= read -r -d '' file; do
    [ "$(head -c4 "$file" | tail -c3)" = ELF ] || continue
    strip --strip-unneeded "$file"
    echo "$file"
  done | sort > /tmp/binaries
