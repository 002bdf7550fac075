#!/bin/sh
# firmware.sh BOARD: what a Raspberry Pi reads before our boot loader, from Debian's
# raspi-firmware (non-free-firmware). Prints the folder that holds the files in
# files/, their licence in copyright, and version.
set -eu
board=${1:?name the board}
top=$(readlink -f "$(dirname "$0")/../..")
what="firmware for $board"
. "$top/tools/image/archive.sh"

need apt-get dpkg-deb
version=1.20220830+ds-1 # of Debian 12; its index is not among the host's own
out=$cache/firmware-$board-$( (echo "$version"; cat "$0") | sha256sum | cut -c1-16)
found "$out"

begin
sources deb
sed -i 's/ main$/ non-free-firmware/; /debian-security/d' "$work/apt/sources.list"
apt apt-get update >>"$log" 2>&1 || stop "apt-get update failed"
(cd "$work" && apt apt-get download "raspi-firmware=$version") >>"$log" 2>&1 || stop "download failed"
dpkg-deb -x "$work"/raspi-firmware_*.deb "$work/package"
mkdir "$work/result/files"
# The Pi 4 has its first stage in an EEPROM: no bootcode.bin.
cp "$work/package/usr/lib/raspi-firmware/start4.elf" "$work/package/usr/lib/raspi-firmware/fixup4.dat" "$work/result/files/"
cp "$work/package/usr/share/doc/raspi-firmware/copyright" "$work/result/"
finish "$out" "raspi-firmware $version LicenseRef-Broadcom-Raspberry-Pi"
