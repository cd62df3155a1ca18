#!/bin/bash
# Packages the tree $1, with the control data in $2, as version $3 into the file $4, by FPM.
set -euxo pipefail
root=$1 work=$2 version=$3 file=$4
# FPM writes changelog.gz and md5sums by itself. Its control file would have fields of FPM's own choosing.
fpm --input-type dir --output-type deb \
  --name asterisk-rpi5 --version "$version" --architecture "$(dpkg --print-architecture)" \
  --chdir "$root" --package "$file" \
  --deb-custom-control "$work/control" \
  --deb-changelog "$work/changelog" \
  --deb-no-default-config-files --config-files /etc/asterisk \
  --deb-compression gz \
  --source-date-epoch-default "$SOURCE_DATE_EPOCH" \
  .
