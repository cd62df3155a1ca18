# Prints the release that runs in container $1, once it is fully booted; fails when it is not $2. Run by POSIX sh.
set -eu
container=$1 expected=$2

fail() {
  echo "$1. Last lines of its log (docker logs asterisk):" >&2
  docker logs --tail 20 "$container" >&2 2>&1
  exit 1
}

docker exec "$container" timeout 60 asterisk -rx "core waitfullybooted" >/dev/null || fail "Asterisk does not boot within 60 s"
found=$(docker exec "$container" asterisk -rx "core show version" | sed -n 's/^Asterisk \([^ ]*\) .*/\1/p')
[ "$found" = "$expected" ] || fail "expected Asterisk $expected to run, found ${found:-no answer}"
# The mark that this container is the stack's own and good (see components/handover.ts): in a volume, since it must
# survive the container's restart, and all else in there is read-only or gone then.
docker exec "$container" sh -c 'echo "$1" >/var/spool/asterisk/.verified' sh "$container"
# A build that went on without the `up` that began it leaves a builder image whose name the next one has taken. It does no harm.
docker image prune --force --filter label=asterisk-rpi5.generation >/dev/null || true
printf %s "$found"
