#!/bin/sh
# Runs every fuzz test in turn; the time given ($1, such as 10m) is shared out.
set -e
total=${1:-10m}
minutes=${total%m}
list=$(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' | sed 's/:func /:/')
count=$(printf '%s\n' "$list" | wc -l)
each=$((minutes * 60 / count))
[ "$each" -ge 1 ] || each=1
for entry in $list; do
	folder=$(dirname "${entry%%:*}")
	name=${entry##*:}
	echo "fuzz ./$folder $name ${each}s"
	go test -tags sqlite_omit_load_extension,osusergo,netgo -run '^$' -fuzz "^$name\$" -fuzztime "${each}s" "./$folder" >"${TMPDIR:-/tmp}/watchbox-fuzz.log" 2>&1 ||
		{ cat "${TMPDIR:-/tmp}/watchbox-fuzz.log"; exit 1; }
	tail -n 1 "${TMPDIR:-/tmp}/watchbox-fuzz.log"
done
