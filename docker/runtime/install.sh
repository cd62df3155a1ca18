#!/bin/sh
# Installs the package with the libraries that it names, and makes what the asterisk user writes to its own.
set -eux

# Fixed ids: the files in the volumes outlive the image. The home is where the console keeps its history.
groupadd --system --gid 999 asterisk
useradd --system --uid 999 --gid 999 --home-dir /var/spool/asterisk --no-create-home --shell /usr/sbin/nologin asterisk

export DEBIAN_FRONTEND=noninteractive
apt-get update
# ca-certificates: to know a SIP provider's TLS certificate.
apt-get install --yes --no-install-recommends /run/package/asterisk-rpi5_*.deb ca-certificates
apt-get clean
rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache

# A new volume takes the owner that its folder has here.
mkdir -p /var/run/asterisk
chown -R asterisk:asterisk /etc/asterisk /var/cache/asterisk /var/lib/asterisk /var/log/asterisk /var/run/asterisk \
  /var/spool/asterisk
# The volumes are all that survives the container, and all that can be written to. So these two are in the spool
# volume, whatever asterisk.conf says: registrations and other state (astdb), and fetched media.
ln -s /var/spool/asterisk/astdb.sqlite3 /var/lib/asterisk/astdb.sqlite3
rm -r /var/cache/asterisk
ln -s /var/spool/asterisk/cache /var/cache/asterisk
install -d -o asterisk -g asterisk /var/spool/asterisk/cache
