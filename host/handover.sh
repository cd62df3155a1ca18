# Makes the name `asterisk` free for a new container, and the volumes the asterisk user's. Run by POSIX sh, as
#   sh -s -- ADOPTS VOLUME:PATH...
# A container of a stack, or of this project's image, has no data of its own, and goes. The one with the id ADOPTS is
# stopped, its data that is in no volume is copied, and it stays, under another name. Any other one is left alone.
set -eu
adopts=$1
shift
look() { docker container inspect --format "$1" asterisk 2>/dev/null; }
# Runs a script as root in a container of the new image with the volumes in their places, and nothing else.
in_volumes() {
  script=$1
  shift
  for volume; do set -- "$@" --volume "$volume" && shift; done
  image=$(docker image ls --quiet --filter label=asterisk-rpi5.image | head -n 1)
  docker run --rm --interactive --network none --user 0:0 --entrypoint sh "$@" "$image" -euc "$script"
}
own='find /etc/asterisk /var/lib/asterisk/sounds /var/spool/asterisk /var/log/asterisk ! -user asterisk -exec chown -h asterisk:asterisk {} +'

ours=$(docker container ls --all --no-trunc --quiet --filter label=asterisk-rpi5.generation)
[ -z "$(look '{{with .Config.Labels}}{{index . "asterisk-rpi5.image"}}{{end}}')" ] || ours="$ours $(look '{{.Id}}')"
other=$(look '{{.Id}}') || other=
case $ours in *"$other"*) other= ;; esac
if [ "$other" ] && [ "$other" != "$adopts" ]; then
  echo "a container asterisk is there that this stack has not made (npm run adopt takes it over)" >&2
  exit 1
fi

for container in $ours $other; do docker stop -t 30 "$container" >/dev/null; done
if [ "$other" ]; then
  for volume; do
    path=${volume#*:}
    [ "$(look "{{range .Mounts}}{{if and (eq .Type \"volume\") (eq .Destination \"$path\")}}yes{{end}}{{end}}")" ] ||
      docker cp "$other:$path/." - 2>/dev/null | in_volumes "tar -xC $path" "$@"
  done
  # Where Asterisk has its database by default: in no volume there, and here in that of the spool.
  docker cp "$other:/var/lib/asterisk/astdb.sqlite3" - 2>/dev/null | in_volumes 'tar -xC /var/spool/asterisk' "$@"
fi
in_volumes "$own" "$@" </dev/null
for container in $ours; do docker rm --force "$container" >/dev/null; done
if [ "$other" ]; then
  docker update --restart no "$other" >/dev/null
  docker rename "$other" "asterisk-$(echo "$other" | cut -c1-12)"
fi
