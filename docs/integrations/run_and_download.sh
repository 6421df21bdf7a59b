set -eu
call() { curl -fsS -H "Authorization: Bearer $KEY" "$@"; }
trigger="$URL/api/scheduled-exports/$SCHEDULE/trigger"
run=$(call --json '{"recipients": []}' "$trigger" -o /dev/null -w '%header{location}')
while call "$URL$run?wait=60" | grep -q '"completedAt":null'; do :; done
call "$URL$run/file" -OJ
