# For boot.sh, of a Pi that has a root of its own: many Pis start from the same one, so what a Pi changes there stays on
# its own disk.
mkdir -p "$disk/root" "$disk/root.changes" "$disk/root.work"
mount -n -t overlay -o "lowerdir=$root,upperdir=$disk/root.changes,workdir=$disk/root.work" overlay "$disk/root"
root=$disk/root
mount -n --rbind /dev "$root/dev"
# With the cgroups that are mounted there.
mount -n --rbind /sys "$root/sys"

# Not by chroot: who enters the Pi's mount namespace comes to its root, and so does runc, which wants to pivot itself.
enterRoot() {
  pivot_root "$root" "$root/mnt"
  umount -n --lazy /mnt
}
