# Takes over the container with the id ADOPTS, unless that was done before: stops it, copies what it has elsewhere than in
# the volumes into them, and gives it another name. When anything fails on the way, it is started again if it ran.
if [ "$(look "$adopts" '{{.Name}}')" = /asterisk ]; then
  if [ "$(look "$adopts" '{{.HostConfig.AutoRemove}}')" = true ]; then
    echo "the old container was started with --rm: it would be gone, with its data, once it is stopped" >&2
    exit 1
  fi
  # Where a single mount of it cannot be made, Docker finds no file at all. Nor could it start that container again.
  if ! has /; then
    echo "the old container cannot be read: is all there that it mounts? Docker said: $(cat "$said")" >&2
    exit 1
  fi
  if [ "$(look "$adopts" '{{.State.Running}}')" = true ]; then
    trap 'docker start "$adopts" >/dev/null; rm -f "$said"' EXIT
  fi
  docker stop -t 30 "$adopts" >/dev/null

  for volume; do
    path=${volume#*:}
    if has_volume "$adopts" "$volume"; then
      # What was mounted over a part of it.
      look "$adopts" '{{range .Mounts}}{{println .Destination}}{{end}}' | while read -r inner; do
        case $inner in "$path"/*) copy "$inner" "$(dirname "$inner")" "$unpack" "$@" ;; esac
      done
    else
      copy "$path/." "$path" "$unpack" "$@"
    fi
  done
  # Where Asterisk has its database by default: in no volume there, and here in that of the spool. Not in place of a newer one,
  # which its asterisk.conf may have put there.
  copy /var/lib/asterisk/astdb.sqlite3 /var/spool/asterisk \
    "tar -xC /tmp; cp -p --backup=numbered --update /tmp/astdb.sqlite3 ." "$@"
  docker update --restart no "$adopts" >/dev/null
  docker rename "$adopts" "asterisk-$(echo "$adopts" | cut -c1-12)"
  trap 'rm -f "$said"' EXIT
fi
