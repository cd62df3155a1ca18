#!/bin/bash
# The init of one Pi of the lab: PID 1 in pid, mount, network, UTS and IPC namespaces of its own. Everything of the Pi
# is its descendant: to kill it is the power cut, the kernel kills all the rest and drops mounts and network. RUN becomes
# the Pi's /run (docker.sock is in it), DISK its /run/disk, ROOT its / unless it is empty; the rest is for dockerd.
set -eu
name=$1 run=$2 disk=$3 cgroup=$4 root=$5; shift 5
[ -z "$root" ] || . "${0%/*}/root.sh"

# /proc is still the machine's: our pid and start time as the operator sees them. Renamed, so as never to be half written.
read -r stat </proc/self/stat
echo "$stat" >"$run/init.new"
mv "$run/init.new" "$run/init"

# Without -n, mount would make /run/mount on the machine, while its /run is still ours.
mount -n -t proc proc "$root/proc"
hostname "$name"
ip link set lo up
# The Pi's changes to /etc (user pi, resolv.conf, the engine's identity) stay on its own disk.
mount -n -t overlay -o "lowerdir=$root/etc,upperdir=$disk/etc,workdir=$disk/etc.work" overlay "$root/etc"
# A /run of its own: dockerd must not find the machine's containerd there, nor sshd and iptables its pid files and lock.
# The disk comes in below it because its path in the clone may be long, or closed to the user pi.
mkdir -p "$run/disk" "$run/lock" "$run/sshd"
mount -n --bind "$disk" "$run/disk"
mount -n --rbind "$run" "$root/run"
[ -z "$root" ] || enterRoot

if [ ! -e /run/disk/home ]; then
  # The machine's daemon.json and key.json (the engine's ID) are not this engine's.
  rm -rf /etc/docker
  getent group docker >/dev/null || groupadd --system docker
  id pi >/dev/null 2>&1 || useradd --no-create-home --no-log-init pi
  # Without PAM, sshd refuses an account that is locked ("!"), which a new one is: "*" is no password, and not locked.
  usermod --home /run/disk/home --shell /bin/bash --append --groups docker --password '*' pi
  install -d -o pi -g pi /run/disk/home
fi

# Started again two seconds after they end, as systemd does with them on a Pi.
serve() {
  log=/run/disk/$1.log
  shift
  while :; do
    "$@" >>"$log" 2>&1 || echo "$1 ended with code $?" >>"$log"
    sleep 2
  done
}
# cgroupfs also where systemd runs: systemd's driver would take slices only, and this engine is none of its units.
serve dockerd dockerd --data-root /run/disk/docker --cgroup-parent "$cgroup" --exec-opt native.cgroupdriver=cgroupfs "$@" &
# sshd starts itself again for each connection, so it wants its whole path.
serve sshd "$(command -v sshd)" -D -e -f /run/disk/sshd_config &
wait
