#!/bin/sh
# Lists the packages that have tests under the build tag $1, so that a run with
# the tag does not repeat the unit tests of all the others.
git ls-files --cached --others --exclude-standard '*_test.go' | xargs grep -lE "^//go:build .*\b$1\b" | xargs -n1 dirname | sort -u | sed 's,^,./,'
