#!/bin/sh
# machine.sh BOARD: the device trees of the machine that a board is built on, from
# the source of the kernel that it gets; board/BOARD/board.dtso names them:
#   // machine: NAME        becomes board.dtb
#   // machine X: NAME      becomes X.dtb, a variant of the board
# Prints the folder.
set -eu
board=${1:?name the board}
top=$(readlink -f "$(dirname "$0")/../..")
series=6.12
what="device trees for $board"
. "$top/tools/image/archive.sh"

need apt-get dpkg-deb dtc aarch64-linux-gnu-gcc xz
version=$(apt-cache policy linux-source-$series | awk '/Candidate:/ { print $2 }')
[ -n "$version" ] && [ "$version" != "(none)" ] || stop "the archive has no linux-source-$series: run apt-get update first"
machines=$(sed -n 's|^// machine: |board |p; s|^// machine \([a-z0-9]*\): |\1 |p' "$top/board/$board/board.dtso")
[ -n "$machines" ] || stop "board/$board/board.dtso names no machine"
out=$cache/machine-$board-$( (echo "$version $machines"; cat "$0") | sha256sum | cut -c1-16)
found "$out"

begin
sources deb
(cd "$work" && apt apt-get download "linux-source-$series=$version") >>"$log" 2>&1 || stop "download failed"
mkdir "$work/source"
dpkg-deb --fsys-tarfile "$work"/linux-source-*.deb | tar -xO "./usr/src/linux-source-$series.tar.xz" |
	tar -xJ -C "$work/source" --strip-components=1 --wildcards '*/arch/arm*/boot/dts/broadcom' '*/include/dt-bindings' '*/scripts/dtc/include-prefixes'
cd "$work/source"
echo "$machines" | while read -r name machine; do
	aarch64-linux-gnu-gcc -E -nostdinc -undef -D__DTS__ -x assembler-with-cpp -I include -I scripts/dtc/include-prefixes \
		"arch/arm64/boot/dts/broadcom/$machine.dts" -o "$work/$name.dts" >>"$log" 2>&1 &&
		dtc -q -@ -I dts -O dtb -o "$work/result/$name.dtb" "$work/$name.dts" >>"$log" 2>&1 || exit 1
done || stop "a tree failed"
cd /
finish "$out" "linux-source-$series $version"
