# Makes the name `asterisk` free, and the volumes the asterisk user's. What a stack made goes, by whatever name; so does one
# of that name that has the stack's image and volumes, since nothing of it is elsewhere. Any other one is left alone.
ours=$(docker container ls --all --no-trunc --quiet --filter label=asterisk-rpi5.container)
named=$(look asterisk '{{.Id}}') || named=
case $ours in *"$named"*) named= ;; esac
if [ "$named" ]; then
  label() { look asterisk "{{with .Config.Labels}}{{index . \"asterisk-rpi5.$1\"}}{{end}}"; }
  all=yes
  for volume; do has_volume asterisk "$volume" || all=; done
  # The first: by a stack of the version before.
  if [ "$(label generation)" ] || { [ "$(label image)" ] && [ "$all" ]; }; then
    ours="$ours $named"
  else
    echo "a container asterisk is there that this stack has not made (npm run adopt takes it over)" >&2
    exit 1
  fi
fi
in_volumes "" 'find /etc/asterisk /var/lib/asterisk/sounds /var/spool/asterisk /var/log/asterisk ! -user asterisk \
  -exec chown -h asterisk:asterisk {} +' "$@" </dev/null
for container in $ours; do
  docker stop -t 30 "$container" >/dev/null || true
  docker rm --force "$container" >/dev/null
done
