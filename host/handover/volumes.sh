# The start of the script that makes room for a new container. copy.sh and takeover.sh follow where one is to be taken over, and
# room.sh. Run by POSIX sh, as
#   sh -s -- IMAGE ADOPTS VOLUME:PATH...
# where IMAGE is the new container's, by its id.
set -eu
image=$1 adopts=$2
shift 2
if ! docker image inspect "$image" >/dev/null 2>&1; then
  echo "the runtime image is gone from this Pi: npx pulumi up --refresh makes it again" >&2
  exit 1
fi
# One at a time: that of an `up` whose line broke may still run here.
exec 9>"${XDG_RUNTIME_DIR:-/tmp}/asterisk-rpi5-$(id -u).lock"
if command -v flock >/dev/null && ! flock -w 120 9; then
  echo "an earlier up still copies data on this Pi: try again when it is done" >&2
  exit 1
fi

look() { docker container inspect --format "$2" "$1" 2>/dev/null; }

# Whether container $1 has volume $2, as VOLUME:PATH, in that very place.
has_volume() {
  [ "$(look "$1" "{{range .Mounts}}{{if and (eq .Destination \"${2#*:}\") (eq .Name \"${2%%:*}\")}}yes{{end}}{{end}}")" ]
}

# Runs script $2 as root in a container of the new image with the volumes in their places, and nothing else. With $1 as
# :nocopy, an empty volume is not filled with the image's files.
in_volumes() {
  mode=$1 script=$2
  shift 2
  for volume; do set -- "$@" --volume "$volume$mode" && shift; done
  docker run --rm --interactive --network none --user 0:0 --entrypoint sh "$@" "$image" -euc "$script"
}
