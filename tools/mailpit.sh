#!/bin/sh
# Builds the mail host that the tests speak to, once, from its own Go module. It
# is no dependency of ours: nothing of it is linked or copied.
version=v1.27.11
bin="${HOME:?}/.cache/watchbox/bin"
[ -x "$bin/mailpit" ] && exit 0
command -v mailpit >/dev/null 2>&1 && exit 0
echo "building mailpit $version (once)"
GOBIN="$bin" GOFLAGS=-mod=mod go install "github.com/axllent/mailpit@$version"
