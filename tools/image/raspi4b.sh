#!/bin/sh
# raspi4b.sh: a QEMU that has the machine raspi4b, from Debian's backports: the one
# of Debian 12 itself has none. It is unpacked beside the caches, not installed; the
# libraries are those of the installed qemu-system-arm. Prints the folder that holds
# qemu-system-aarch64 and version.
set -eu
top=$(readlink -f "$(dirname "$0")/../..")
what="qemu for raspi4b"
. "$top/tools/image/archive.sh"

need apt-get dpkg-deb
out=$cache/raspi4b-$(sha256sum <"$0" | cut -c1-16)
found "$out"

begin
sources deb
sed -i '/bookworm main$/!d; s/ bookworm main$/ bookworm-backports main/' "$work/apt/sources.list"
apt apt-get update >>"$log" 2>&1 || stop "apt-get update failed"
(cd "$work" && apt apt-get download qemu-system-arm/bookworm-backports) >>"$log" 2>&1 || stop "download failed"
dpkg-deb -x "$work"/qemu-system-arm_*.deb "$work/package"
cp -L "$work/package/usr/bin/qemu-system-aarch64" "$work/result/"
"$work/result/qemu-system-aarch64" -M help 2>>"$log" | grep -q '^raspi4b ' || stop "it has no raspi4b"
finish "$out" "qemu $(dpkg-deb -f "$work"/qemu-system-arm_*.deb Version)"
