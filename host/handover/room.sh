# Makes the name `asterisk` free, and the volumes the asterisk user's. What a stack made goes, by whatever name, if it has the
# stack's volumes; so does one of that name that has the stack's image and volumes. Nothing of either is elsewhere. Any
# other one is left alone.
has_volumes() {
  of=$1
  shift
  for volume; do has_volume "$of" "$volume" || return 1; done
}
named=$(look asterisk '{{.Id}}') || named=
ours=
for container in $(docker container ls --all --no-trunc --quiet --filter label=asterisk-rpi5.container); do
  # The label alone says little: `docker commit` hands it on.
  if [ "$container" = "$named" ]; then
    ours="$ours $container" named=
  elif has_volumes "$container" "$@"; then
    ours="$ours $container"
  fi
done
if [ "$named" ]; then
  label=$(look asterisk '{{with .Config.Labels}}{{index . "asterisk-rpi5.image"}}{{end}}')
  if [ "$label" ] && has_volumes asterisk "$@"; then
    ours="$ours $named"
  else
    echo "a container asterisk is there that this stack has not made (npm run adopt takes it over)" >&2
    exit 1
  fi
fi
# The folder is the image's own, and not in a volume that was filled by another one.
in_volumes "" 'mkdir -p /var/spool/asterisk/cache
  find /etc/asterisk /var/lib/asterisk/sounds /var/spool/asterisk /var/log/asterisk ! -user asterisk \
    -exec chown -h asterisk:asterisk {} +
  sync' "$@" </dev/null
for container in $ours; do
  docker stop -t 30 "$container" >/dev/null || true
  docker rm --force "$container" >/dev/null
done
