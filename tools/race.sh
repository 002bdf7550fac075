#!/bin/sh
# Runs every unit test under the race detector. Go 1.26's detector can crash by
# itself in a synctest bubble whose timers run on two threads at once
# (golang/go issues 76691 and 78156, "ThreadSanitizer: CHECK failed"): such a
# package has no verdict and is run again, three times at most. A package that
# failed a test or raced has one, and is never run again.
#
# What lives through a whole day of fake time in one goroutine after the other
# costs the detector minutes and teaches it nothing new: it runs without.
days='^TestADay(WithoutADisk|OfStandstill)$'
log=${TMPDIR:-/tmp}/watchbox-race.log
packages=./...
for try in 1 2 3; do
	# shellcheck disable=SC2086
	go test -race -skip "$days" "$@" $packages >"$log" 2>&1 && { cat "$log"; exec go test -run "$days" "$@" ./firmware/app; }
	cat "$log"
	packages=$(awk '
		/ThreadSanitizer: CHECK failed/ { crashed = 1 }
		/WARNING: DATA RACE|^ *--- FAIL|panic: / { wrong = 1 }
		$1 == "FAIL" && NF > 1 { if (!crashed || wrong) exit 1; print $2 }
		$1 == "FAIL" && NF > 1 || $1 == "ok" { crashed = wrong = 0 }' "$log") || exit 1
	[ -n "$packages" ] || exit 1
	echo "the race detector itself crashed in these packages, once more: $packages"
done
exit 1
