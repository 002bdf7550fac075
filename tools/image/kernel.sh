#!/bin/sh
# kernel.sh BOARD: the kernel of a board, from Debian's source with our fragments
# board/kernel/common.config and board/BOARD/kernel.config. Prints the folder
# that holds Image, config and version. Six to twenty minutes the first time;
# afterwards found by the hash of source version, fragments and compiler.
set -eu
board=${1:?name the board}
top=$(readlink -f "$(dirname "$0")/../..")
series=6.12
what="kernel for $board"
. "$top/tools/image/archive.sh"

need apt-get dpkg-deb make bc flex bison aarch64-linux-gnu-gcc xz
version=$(apt-cache policy linux-source-$series | awk '/Candidate:/ { print $2 }')
[ -n "$version" ] && [ "$version" != "(none)" ] || stop "the archive has no linux-source-$series: run apt-get update first"
common=$top/board/kernel/common.config
own=$top/board/$board/kernel.config
out=$cache/kernel-$board-$( (echo "$version"; aarch64-linux-gnu-gcc -dumpfullversion; cat "$common" "$own" "$0") | sha256sum | cut -c1-16)
found "$out"

begin
sources deb
(cd "$work" && apt apt-get download "linux-source-$series=$version") >>"$log" 2>&1 || stop "download failed"
mkdir "$work/source"
dpkg-deb --fsys-tarfile "$work"/linux-source-*.deb | tar -xO "./usr/src/linux-source-$series.tar.xz" | tar -xJ -C "$work/source" --strip-components=1
cd "$work/source"
export KBUILD_BUILD_TIMESTAMP='2026-01-01' KBUILD_BUILD_USER=watchbox KBUILD_BUILD_HOST=watchbox KBUILD_BUILD_VERSION=1
build() { make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- "$@" >>"$log" 2>&1; }
build allnoconfig || stop "allnoconfig failed"
scripts/kconfig/merge_config.sh -m .config "$common" "$own" >>"$log" 2>&1 || stop "merging the fragments failed"
build olddefconfig || stop "olddefconfig failed"
# An option that the kernel dropped without a word is found here, not on the box.
for option in $(cat "$common" "$own" | sed -n 's/^\(CONFIG_[A-Za-z0-9_]*=y\)$/\1/p'); do
	grep -qx "$option" .config || stop "$option was not taken over: its dependencies are missing"
done
build -j"$(nproc)" Image || stop "the build failed"
cp arch/arm64/boot/Image .config "$work/result/"
mv "$work/result/.config" "$work/result/config"
cd /
finish "$out" "linux-source-$series $version"
