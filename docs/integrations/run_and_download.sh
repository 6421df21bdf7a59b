set -eu
call() { curl -sS --fail-with-body -H "Authorization: Bearer $KEY" "$@"; }
trigger="$URL/api/scheduled-exports/$SCHEDULE/trigger"
run=$URL$(call --json '{"recipients": []}' "$trigger" -o /dev/stderr -w '%header{location}')
while ended=$(call "$run?wait=60") && [[ $ended == *'"completedAt":null'* ]]; do :; done
if [[ $ended == *'"fileName":"'* ]]; then call "$run/file" -OJ; else echo "$ended" >&2; exit 1; fi
