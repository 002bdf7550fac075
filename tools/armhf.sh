#!/bin/sh
# armhf.sh TAGS: a check of layout. All that we have builds for ARMv7 with hard
# float; what hands memory to the kernel, to SQLite or to a wire runs its unit tests
# there under qemu-user.
# The boards described so far are 64-bit.
set -eu
export GOOS=linux GOARCH=arm GOARM=7 CGO_ENABLED=1 CC=arm-linux-gnueabihf-gcc
go vet -tags "$1" ./...
go build -tags "$1" -o out/armhf/ ./cmd/...
# qemu-user knows no termios2 and starts no program of its own kind: serial lines,
# confinement and the store's kills have been compiled and vetted only.
packages=$(go list -tags "$1" ./board/... ./drivers/... ./firmware/event ./firmware/forward ./firmware/live ./firmware/point ./firmware/store | grep -vE 'drivers/(serial|system/confine)$')
# shellcheck disable=SC2086
go test -tags "$1" -ldflags "-linkmode external -extldflags -static" -exec qemu-arm -timeout 15m -skip TestNothingCommittedIsLostByKill $packages
