#!/bin/sh
# Takes the manuals, translations and the like out of the Debian root in $1, and keeps them out of what is
# installed later, as Debian's own slim images do.
set -eux
root=$1

cat > "$root/etc/dpkg/dpkg.cfg.d/docker" <<'CONF'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/groff/*
path-exclude /usr/share/info/*
path-exclude /usr/share/linda/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
CONF

find "$root/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
find "$root/usr/share/doc" -mindepth 1 -depth -type d -empty -delete
for folder in groff info linda lintian locale man; do
  [ ! -d "$root/usr/share/$folder" ] || find "$root/usr/share/$folder" -mindepth 1 -delete
done
