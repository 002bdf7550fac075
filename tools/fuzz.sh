#!/bin/sh
# Runs every fuzz test in turn: the stories of the panel ($1, such as 10m), then
# each of the others ($2, such as 5s). Shrinking what is merely new is kept short:
# with the tool's own minute for each a slow test would do nothing else. What is
# new stays in Go's cache for the next run; what fails, in testdata.
set -e
stories=./test/conformance
log=${TMPDIR:-/tmp}/watchbox-fuzz.log
fuzz() {
	go test -tags sqlite_omit_load_extension,osusergo,netgo -run '^$' -fuzz "^$1\$" -fuzztime "$3" -fuzzminimizetime 1x "$2" >"$log" 2>&1
}
# At the end of its time the tool itself sometimes says "context deadline
# exceeded" and nothing else: that is no finding, and is run once more.
run() {
	echo "fuzz $2 $1 $3"
	fuzz "$@" || { grep -q 'Failing input' "$log" && cat "$log" && exit 1; fuzz "$@"; } || { cat "$log"; exit 1; }
	grep 'new interesting' "$log" | tail -n 1
}
run FuzzStory $stories "${1:-10m}"
git grep -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' | sed 's/:func / /' | while read -r file name; do
	[ "./$(dirname "$file") $name" = "$stories FuzzStory" ] || run "$name" "./$(dirname "$file")" "${2:-5s}"
done
