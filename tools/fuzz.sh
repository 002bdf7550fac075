#!/bin/sh
# Runs every fuzz test in turn; the time given ($1, such as 10m) is shared out.
set -e
total=${1:-10m}
minutes=${total%m}
list=$(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' | sed 's/:func /:/')
count=$(printf '%s\n' "$list" | wc -l)
each=$((minutes * 60 / count))
[ "$each" -ge 1 ] || each=1
log=${TMPDIR:-/tmp}/watchbox-fuzz.log
fuzz() {
	go test -tags sqlite_omit_load_extension,osusergo,netgo -run '^$' -fuzz "^$1\$" -fuzzminimizetime 100x -fuzztime "${each}s" "./$2" >"$log" 2>&1
}
for entry in $list; do
	folder=$(dirname "${entry%%:*}")
	name=${entry##*:}
	echo "fuzz ./$folder $name ${each}s"
	# At the end of its time the tool itself sometimes says "context deadline
	# exceeded" and nothing else: that is no finding, and is run once more.
	fuzz "$name" "$folder" || { grep -q 'Failing input' "$log" && cat "$log" && exit 1; fuzz "$name" "$folder"; } || { cat "$log"; exit 1; }
	tail -n 1 "$log"
done
