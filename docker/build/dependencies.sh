#!/bin/sh
# What it takes to compile Asterisk: the compiler, and the libraries that its modules are linked with. A module
# whose library is not here is left out by configure.
set -eux

# Debian's images empty the cache after each installation: it is a mount here, and not in any layer.
rm -f /etc/apt/apt.conf.d/docker-clean
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends \
  bzip2 \
  ca-certificates \
  ccache \
  curl \
  dpkg-dev \
  g++ \
  gcc \
  libc6-dev \
  libcap-dev \
  libcurl4-openssl-dev \
  libedit-dev \
  libgsm1-dev \
  libical-dev \
  libjansson-dev \
  libldap-dev \
  liblua5.4-dev \
  libncurses-dev \
  libogg-dev \
  libspandsp-dev \
  libspeex-dev \
  libspeexdsp-dev \
  libsqlite3-dev \
  libsrtp2-dev \
  libssl-dev \
  libunbound-dev \
  liburiparser-dev \
  libvorbis-dev \
  libxml2-dev \
  libxslt1-dev \
  make \
  patch \
  pkg-config \
  unixodbc-dev \
  uuid-dev \
  xz-utils \
  zlib1g-dev
