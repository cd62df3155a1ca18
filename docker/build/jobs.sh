# Sourced. Sets JOBS, unless it is given: one for each core, but no more than there are gigabytes of memory, since
# a compiler killed for want of memory looks like a fault of the source.
if [ -z "${JOBS:-}" ]; then
  kilobytes=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
  for limit in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    bytes=$(cat "$limit" 2>/dev/null || echo max)
    if [ "$bytes" != max ] && [ $((bytes / 1024)) -lt "$kilobytes" ]; then kilobytes=$((bytes / 1024)); fi
  done
  JOBS=$(nproc)
  # Rounded: a board sold with 2 GB reports a little less.
  gigabytes=$(((kilobytes + 524288) / 1048576))
  if [ "$gigabytes" -lt 1 ]; then gigabytes=1; fi
  if [ "$JOBS" -gt "$gigabytes" ]; then JOBS=$gigabytes; fi
fi
echo "Compiling with $JOBS jobs"
