#!/bin/sh
# uboot.sh BOARD: the boot loader of a board, from Debian's source with
# board/uboot/common.config and board/BOARD/uboot.config on top of the defconfig
# that the latter names, and the boot script board/uboot/boot.env inside. Prints
# the folder that holds u-boot.bin and version.
set -eu
board=${1:?name the board}
top=$(readlink -f "$(dirname "$0")/../..")
what="boot loader for $board"
. "$top/tools/image/archive.sh"

need apt-get make bc flex bison aarch64-linux-gnu-gcc xz patch
parts="$top/board/uboot/common.config $top/board/$board/uboot.config $top/board/uboot/boot.env $top/board/$board/uboot.env"
version=$(apt-cache policy u-boot-tools | awk '/Candidate:/ { print $2 }')
[ -n "$version" ] && [ "$version" != "(none)" ] || stop "the archive has no u-boot: run apt-get update first"
# shellcheck disable=SC2086
out=$cache/uboot-$board-$( (echo "$version"; aarch64-linux-gnu-gcc -dumpfullversion; cat $parts "$0") | sha256sum | cut -c1-16)
found "$out"

begin
sources deb-src
(cd "$work" && apt apt-get source -d "u-boot=$version") >>"$log" 2>&1 || stop "download failed"
mkdir "$work/source" "$work/debian"
tar -xJf "$work"/u-boot_*.orig.tar.xz -C "$work/source" --strip-components=1
tar -xJf "$work"/u-boot_*.debian.tar.xz -C "$work/debian"
cd "$work/source"
for fix in $(grep -E '^(CVE|upstream)' "$work/debian/debian/patches/series"); do
	patch -s -p1 <"$work/debian/debian/patches/$fix" >>"$log" 2>&1 || stop "Debian's patch $fix does not apply"
done
cat "$top/board/$board/uboot.env" "$top/board/uboot/boot.env" >boot.env
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01
build() { make CROSS_COMPILE=aarch64-linux-gnu- "$@" >>"$log" 2>&1; }
build "$(sed -n 's/^# defconfig: //p' "$top/board/$board/uboot.config")" || stop "the board's defconfig failed"
scripts/kconfig/merge_config.sh -m .config "$top/board/uboot/common.config" "$top/board/$board/uboot.config" >>"$log" 2>&1 || stop "merging the fragments failed"
echo 'CONFIG_DEFAULT_ENV_FILE="boot.env"' >>.config
build olddefconfig || stop "olddefconfig failed"
for option in $(cat "$top/board/uboot/common.config" "$top/board/$board/uboot.config" | sed -n 's/^\(CONFIG_[A-Z0-9_]*=y\)$/\1/p'); do
	grep -qx "$option" .config || stop "$option was not taken over: its dependencies are missing"
done
build -j"$(nproc)" u-boot.bin || stop "the build failed"
cp u-boot.bin "$work/result/"
cp .config "$work/result/config"
cd /
finish "$out" "u-boot $version"
