# Takes over the container with the id ADOPTS, unless that was done before: stops it, copies what it has elsewhere than in
# the volumes into them, and gives it another name. When anything fails on the way, it is started again.
if [ "$(look "$adopts" '{{.Name}}')" = /asterisk ]; then
  if [ "$(look "$adopts" '{{.HostConfig.AutoRemove}}')" = true ]; then
    echo "the old container was started with --rm: it would be gone, with its data, once it is stopped" >&2
    exit 1
  fi
  trap 'docker start "$adopts" >/dev/null' EXIT
  docker stop -t 30 "$adopts" >/dev/null

  # Copies file or folder $1 of the old container into folder $2 of the new one, if it is there. A copy that breaks in the
  # middle leaves an archive that is none.
  copy() {
    from=$1 into=$2
    shift 2
    [ "$(docker cp -L "$adopts:$from" - 2>/dev/null | head -c 1 | wc -c)" -gt 0 ] || return 0
    { docker cp -L "$adopts:$from" - || echo broken; } | in_volumes :nocopy "tar -xC '$into'" "$@"
  }
  for volume; do
    path=${volume#*:}
    if has_volume "$adopts" "$volume"; then
      # What was mounted over a part of it.
      look "$adopts" '{{range .Mounts}}{{println .Destination}}{{end}}' | while read -r inner; do
        case $inner in "$path"/*) copy "$inner" "$(dirname "$inner")" "$@" ;; esac
      done
    else
      copy "$path/." "$path" "$@"
    fi
  done
  # Where Asterisk has its database by default: in no volume there, and here in that of the spool.
  copy /var/lib/asterisk/astdb.sqlite3 /var/spool/asterisk "$@"
  docker update --restart no "$adopts" >/dev/null
  docker rename "$adopts" "asterisk-$(echo "$adopts" | cut -c1-12)"
  trap - EXIT
fi
