#!/bin/sh
# Makes the fresh debootstrap in $1 fit for `docker import`, with what Debian's own images have.
set -eux
root=$1

# No service may be started by a package's installation: nothing supervises it in a build.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
# A layer is written once: dpkg need not wait for the disk after each file.
echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
# Package files, indexes' translations and their uncompressed copies would only make layers larger. In two files, as
# in Debian's own images: a build with a cache mount removes the first.
cat > "$root/etc/apt/apt.conf.d/docker-clean" <<'CONF'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
CONF
cat > "$root/etc/apt/apt.conf.d/docker-indexes" <<'CONF'
Acquire::Languages "none";
Acquire::GzipIndexes "true";
CONF

export DEBIAN_FRONTEND=noninteractive
chroot "$root" apt-get update
chroot "$root" apt-get dist-upgrade --yes
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/var/cache/ldconfig/aux-cache
# debootstrap copies these two from the machine; Docker mounts its own over them.
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
