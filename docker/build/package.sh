#!/bin/bash
# Makes /build/asterisk-rpi5_<version>_<arch>.deb of /tmp/installdir and the default configuration in /tmp/etc:
# the same bytes for the same source, the same content whichever packager makes it.
set -euxo pipefail
SOURCE_DATE_EPOCH=$(cat .source-date-epoch)
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC
# Debian's order of versions, in which 22.11.0~rc1 comes before 22.11.0, and none starts with a letter.
version=$(echo "$VERSION" | sed -e 's/^certified[-/]//' -e 's/-rc/~rc/')
root=/tmp/package work=/tmp/packaging arch=$(dpkg --print-architecture)
file=/build/asterisk-rpi5_${VERSION//\//-}_$arch.deb
mkdir -p /build "$work"

cp -a /tmp/installdir "$root"
# Left out: what only a compiler needs, and /var/run, which every start has empty.
rm -rf "$root/usr/include" "$root/usr/lib/pkgconfig" "$root/var/run"
cp -rT /tmp/etc "$root/etc"
find "$root" \( -type d -exec chmod 755 {} + \) -o \( -path "$root/etc/*" -exec chmod 644 {} + \)
install -D -m 644 LICENSE "$root/usr/share/doc/asterisk-rpi5/copyright"

# The runtime's library packages, computed from what the binaries are linked with.
mkdir -p "$work/debian"
printf 'Source: asterisk-rpi5\n\nPackage: asterisk-rpi5\nArchitecture: any\n' > "$work/debian/control"
mapfile -t binaries < <(sed "s,^/tmp/installdir,$root," /tmp/binaries)
depends=$(cd "$work" && dpkg-shlibdeps -O --ignore-missing-info -l"$root/usr/lib" "${binaries[@]}" | sed 's/^shlibs:Depends=//')
size=$(find "$root" -type f -printf '%s\n' | awk '{ sum += $1 } END { print int(sum / 1024) }')
cat > "$work/control" <<CONTROL
Package: asterisk-rpi5
Version: $version
Architecture: $arch
Maintainer: asterisk-rpi5 <root@localhost>
Installed-Size: $size
Depends: $depends
Conflicts: asterisk, asterisk-modules
Section: comm
Priority: optional
Homepage: https://www.asterisk.org/
Description: Asterisk PBX, compiled from source for one board
 Asterisk $VERSION with its bundled pjproject, and a small default configuration.
CONTROL
cat > "$work/changelog" <<CHANGELOG
asterisk-rpi5 ($version) bookworm; urgency=medium

  * Asterisk $VERSION. What is new in it: its own change log.

 -- asterisk-rpi5 <root@localhost>  $(date -R -d "@$SOURCE_DATE_EPOCH")
CHANGELOG
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
bash "/run/build/package-$PACKAGER.sh" "$root" "$work" "$version" "$file"
rm -rf "$root" "$work"
dpkg-deb --info "$file" && sha256sum "$file"
