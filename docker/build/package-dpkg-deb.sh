#!/bin/bash
# Packages the tree $1, with the control data in $2, as version $3 into the file $4.
set -euxo pipefail
root=$1 work=$2 file=$4
control=$root/DEBIAN
changelog=$root/usr/share/doc/asterisk-rpi5/changelog.gz
gzip -9 --no-name --stdout "$work/changelog" > "$changelog"

mkdir "$control"
cp "$work/control" "$control/control"
(cd "$root" && find etc -type f -printf '/%p\n' | sort) > "$control/conffiles"
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum) > "$control/md5sums"
find "$control" "$changelog" "${changelog%/*}" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
# gzip: xz would cost a Pi half a minute, for a file that never leaves it. The time stamps in the archive itself
# are SOURCE_DATE_EPOCH's.
dpkg-deb --root-owner-group -Zgzip -z9 --build "$root" "$file"
