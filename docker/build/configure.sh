#!/bin/bash
# Configures Asterisk and, with it, the pjproject that it bundles.
set -euxo pipefail

# pjproject's own tarball: out of the source, or kept from an earlier download (its checksum is in the source).
mkdir -p externals /var/cache/downloads/externals
cp --no-clobber /var/cache/downloads/externals/* externals/ || true
# libdir: configure would choose lib64 where there is one, which is on some architectures only.
# NOISY_BUILD: without it, pjproject's errors are thrown away. It is for this step only.
./configure --prefix=/usr --sysconfdir=/etc --localstatedir=/var --libdir=/usr/lib \
  --with-pjproject-bundled --with-externals-cache="$PWD/externals" NOISY_BUILD=yes
sed -i 's/^NOISY_BUILD=yes/NOISY_BUILD=/' makeopts
cp --no-clobber externals/* /var/cache/downloads/externals/
# make would run this one by itself, but then stops and asks to be started again.
(cd menuselect && ./configure --quiet)
