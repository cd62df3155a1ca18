# Asks a Docker host for its facts, as lines of `key=value`; changes nothing there. Run by POSIX sh, on Linux.
# A key may come several times (ports, images). Whatever cannot be known is left out.
fact() { [ -z "$2" ] || printf '%s=%s\n' "$1" "$2"; }

fact machine "$(uname -m)"
fact cores "$(nproc)"
fact memoryKiB "$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)"
fact swapKiB "$(awk '$1 == "SwapTotal:" { print $2 }' /proc/meminfo)"
fact clock "$(date +%s)"
fact throttled "$(vcgencmd get_throttled 2>/dev/null | sed -n 's/^throttled=//p')"
fact temperature "$(vcgencmd measure_temp 2>/dev/null | sed -n "s/^temp=\([0-9.]*\).*/\1/p")"
fact model "$(tr -d '\0' 2>/dev/null </proc/device-tree/model)"

cli=$(command -v docker)
# An engine that hangs, as on a failing card, must not keep the other hosts waiting.
docker() { timeout 20 docker "$@"; }

if [ -z "$cli" ]; then
  fact dockerFault "the docker command is not installed there"
elif ! version=$(docker version --format 'dockerVersion={{.Server.Version}}{{"\n"}}dockerArch={{.Server.Arch}}' 2>&1 ||
  { [ $? -ne 124 ] || echo "no answer within 20 s"; exit 1; }); then
  fact dockerFault "$(echo "$version" | tail -n 1)"
else
  info=$(docker info --format 'dockerRoot={{.DockerRootDir}}{{"\n"}}imageStore={{.Driver}}' 2>/dev/null)
  printf '%s\n' "$version" "$info"
  root=$(echo "$info" | sed -n 's/^dockerRoot=//p')
  fact freeKiB "$(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { print $4 }')"
  docker image ls --filter label=asterisk-rpi5.generation --format '{{.ID}}' | sort -u | while read -r id; do
    docker image inspect --format \
      '{{range .RepoTags}}image={{.}} {{index $.Config.Labels "asterisk-rpi5.generation"}}{{"\n"}}{{end}}' "$id"
  done | sed '/^$/d'
  [ -z "$(docker image ls --quiet --filter label=asterisk-rpi5.image)" ] || fact runtimeImage yes
  docker volume ls --format 'volume={{.Name}}'
  # The container of that name, or, whatever somebody called it, the one that a stack made. Without a health check, it has no Health.
  made=$(docker container ls --all --no-trunc --quiet --filter label=asterisk-rpi5.container | head -n 1)
  fact container "$(docker container inspect --format '{"id":{{json .Id}},"name":{{json .Name}},"status":{{json .State.Status}},"health":{{with index .State "Health"}}{{json .Status}}{{else}}null{{end}},"image":{{json .Config.Image}},"labels":{{json .Config.Labels}},"mounts":{{json .Mounts}},"user":{{json .Config.User}},"autoRemove":{{json .HostConfig.AutoRemove}}}' asterisk "$made" 2>/dev/null | head -n 1)"
  # One look inside: which container the last verification found to be good, and how many calls there are.
  docker exec asterisk timeout 5 sh -c "echo looked=yes; sed 's/^/verified=/' /var/spool/asterisk/.verified; echo
    asterisk -rx 'core show channels count' | sed -n 's/^\([0-9]*\) active call.*/calls=\1/p'" 2>/dev/null
  own=$(for container in asterisk $made; do docker container top "$container" -o pid 2>/dev/null | sed 1d; done | tr -d ' ' | tr '\n' ',')
fi

# Port 5060 is 13C4. Listening is 0A for TCP and 07 for UDP; /proc is there on every Linux, and ss only on some.
listens() { awk -v state="$2" '$4 == state && $2 ~ /:13C4$/ { print "yes"; exit }' "/proc/net/$1" "/proc/net/${1}6" 2>/dev/null; }
for socket in udp:07 tcp:0A; do
  protocol=${socket%:*}
  [ "$(listens "$protocol" "${socket#*:}")" ] || continue
  user=$(ss -Hln "--$protocol" -p 'sport = :5060' 2>/dev/null | sed -n 's/.*(("\([^"]*\)",pid=\([0-9]*\).*/\2 \1/p' | head -n 1)
  case ",${own:-}" in *",${user%% *},"*) ;; *) printf 'listener=%s %s\n' "$protocol" "$user" ;; esac
done
