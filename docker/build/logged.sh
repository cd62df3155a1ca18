#!/bin/bash
# Runs the compile step of the given name, e.g. 5-compile, and keeps all it prints: a step that fails leaves no
# layer behind, but its log stays in the cache mount. The logs of all steps together are that of the last compile.
set -uo pipefail
step=$1
folder=/var/log/build
log=$folder/$step.log
# The log of a later step is of an earlier compile.
for other in "$folder"/*.log; do
  [[ $other < $log ]] || rm -f "$other"
done

bash "/run/build/${step#*-}.sh" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if [ "$status" -ne 0 ]; then
  # With several jobs the compiler's error may be hundreds of lines above the end.
  errors='(: (fatal )?error[: ]|undefined reference|^configure: error|\*\*\* .*(Error|Stop)|No space left|Killed|[Ii]nternal compiler error)'
  {
    printf '\n%s failed with exit code %s.\n' "${step#*-}" "$status"
    grep -nE "$errors" "$log" | head -n 40
  } | tee "$log.summary"
  cat "$log.summary" >> "$log"
  rm "$log.summary"
fi
exit "$status"
