#!/bin/sh
# Installs what makes the Debian package: FPM, or nothing (dpkg-deb is part of Debian).
set -eu

case $PACKAGER in
dpkg-deb) exit 0 ;;
fpm) ;;
*)
  echo "PACKAGER is \"$PACKAGER\"; expected fpm or dpkg-deb." >&2
  exit 1
  ;;
esac

export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends ruby

# FPM and all it stands on, each pinned. FPM's command line is the whole interest: no manuals.
install() {
  gem install --no-document ${GEM_SOURCE:+--clear-sources --source "$GEM_SOURCE"} "$@"
}
if ! install arr-pm:0.0.12 backports:3.25.0 cabin:0.9.0 clamp:1.0.1 dotenv:2.8.1 insist:1.0.0 mustache:0.99.8 \
  stud:0.0.23 rexml:3.2.6 pleaserun:0.0.32 "fpm:$FPM_VERSION"; then
  cat >&2 <<EXPLAIN

FPM $FPM_VERSION could not be installed as a Ruby gem from ${GEM_SOURCE:-the default source of gem}.
Where this host cannot reach it, either
  give a mirror that it can reach:  the build argument GEM_SOURCE (in a stack: asterisk.gemSource), or
  package without FPM:              PACKAGER=dpkg-deb             (in a stack: asterisk.packager: dpkg-deb)
EXPLAIN
  exit 1
fi
fpm --version
