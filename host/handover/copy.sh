# What takeover.sh copies with.
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# Whether the old container has file or folder $1. When not, the file $said has Docker's words.
has() { [ "$(docker cp -L "$adopts:$1" - 2>"$said" | head -c 1 | wc -c)" -gt 0 ]; }

# Nothing is overwritten: a file that differs stays beside the new one, as NAME.~1~. And nothing is half written when the power
# fails after the old container was renamed.
unpack="tar -x --backup=numbered"
safely='find . -name "*.~*~" -type f | while IFS= read -r old; do
  if cmp -s "$old" "${old%.~*}"; then rm "$old"; fi
done; sync'

# Copies file or folder $1 of the old container, if it is there, into folder $2 of the new one, where command $3 unpacks it;
# then come the volumes. A copy that breaks in the middle leaves an archive that is none.
copy() {
  from=$1 into=$2 command=$3
  shift 3
  if ! has "$from"; then
    # The words of Docker 20.10, and of later ones, for what is not there.
    ! grep -qE "No such container:path|Could not find the file" "$said" || return 0
    cat "$said" >&2
    exit 1
  fi
  { docker cp -L "$adopts:$from" - || echo broken; } | in_volumes :nocopy "cd '$into'; $command; $safely" "$@"
}
