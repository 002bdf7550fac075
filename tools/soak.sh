#!/bin/sh
# soak.sh KILLS RUNS CUTS TWICE…: the long proofs before a release, one kind after
# the other, whatever became of those before. TWICE are kernel and loader of boards,
# such as kernel-qemu uboot-rpi4, that are built once more from their sources and must
# come out the same. A count of 0 leaves its kind out: a long proof may be taken in parts.
# What each kind said is in out/soak/KIND.log; the table, with date and commit, in
# out/soak.md, row by row: a night that breaks off keeps what it had. Ends with 1 when
# a kind failed.
set -u
kills=$1 runs=$2 cuts=$3
shift 3
cd "$(dirname "$0")/.." || exit 1
out=out/soak
table=out/soak.md
failed=0
rm -rf "$out"
mkdir -p "$out"

# kind NAME COUNT COMMAND…: runs it and writes its row.
kind() {
	name=$1 count=$2 began=$(date +%s) outcome=passed
	shift 2
	"$@" </dev/null >"$out/$name.log" 2>&1 || { outcome='**failed**' failed=1; }
	row "$name" "$count" "$outcome" "$((($(date +%s) - began) / 60)) min$(figures "$out/$name.log")"
}

row() { echo "| $1 | $2 | $3 | $4 |" | tee -a "$table"; }

# figures are what the tests say of themselves: the last word of each.
figures() {
	for words in '[0-9]* kills in [^|]*' '[0-9]* runs in [0-9]* s' '[0-9]* power cuts: [^|]*' '[0-9]* refused, [^|]*'; do
		grep -o "$words" "$1" | tail -n 1
	done | sed 's/^/; /' | tr -d '\n'
}

# faults are the runs of make bootproof by what was broken (report_test.go).
faults() {
	sed -n 's/^ *faults_test.go:[0-9]*: \(.\{36\}\) *[0-9]*  .* \(armed\|FAILED\) .*/\2 \1/p' "$out/faults.log" | sort -k 2 | uniq -c |
		while read -r n outcome what; do row "– $what" "$n" "$(echo "$outcome" | sed 's/FAILED/**failed**/')" ""; done
	for test in $(sed -n 's/^--- [A-Z]*: \(Test[A-Za-z]*\).*/\1/p' "$out/faults.log"); do
		row "– $test" 1 "$(sed -n "s/^--- \([A-Z]*\): $test .*/\1/p" "$out/faults.log" | sed 's/PASS/passed/; s/FAIL/**failed**/')" ""
	done
}

# again WHAT: WHAT is tool-board; what it makes is the same without a cache.
again() {
	tool=tools/image/${1%-*}.sh board=${1#*-}
	first=$("$tool" "$board") && second=$(XDG_CACHE_HOME=$PWD/$out/cache "$tool" "$board") && diff -r "$first" "$second"
}

{
	echo "# Soak of $(date -u '+%F %H:%M') UTC, commit $(git describe --always --dirty --abbrev=12), $(nproc) cores"
	echo
	echo '| kind | asked for | outcome | took; figures |'
	echo '|---|---|---|---|'
} | tee "$table"
tags=sqlite_omit_load_extension,osusergo,netgo
[ "$kills" -gt 0 ] && kind kills "$kills" go test -tags "$tags,proof" -count=1 -timeout 6h -v ./test/proof/... -args -kills "$kills"
if [ "$runs" -gt 0 ]; then
	kind faults "$runs broken, $cuts cuts" make --no-print-directory bootproof RUNS="$runs" CUTS="$cuts"
	faults
fi
kind armhf 1 make --no-print-directory armhf
kind rpi4 1 make --no-print-directory boardtest
for what in "$@"; do
	kind "$what" 'built twice' again "$what"
done
rm -rf "$out/cache"
exit $failed
