#!/bin/sh
# e2fs.sh: e2fsck and mke2fs, static for arm64, from Debian's e2fsprogs. They are
# the only programs on the box that are not ours. Prints the folder that holds
# e2fsck, mke2fs and version.
set -eu
top=$(readlink -f "$(dirname "$0")/../..")
what="e2fsprogs"
. "$top/tools/image/archive.sh"

need apt-get make aarch64-linux-gnu-gcc xz
version=$(apt-cache policy e2fsprogs | awk '/Candidate:/ { sub(/\+b[0-9]+$/, "", $2); print $2 }') # without the rebuild's number
out=$cache/e2fs-$( (echo "$version"; aarch64-linux-gnu-gcc -dumpfullversion; cat "$0") | sha256sum | cut -c1-16)
found "$out"

begin
sources deb-src
(cd "$work" && apt apt-get source -d "e2fsprogs=$version") >>"$log" 2>&1 || stop "download failed"
mkdir "$work/source"
tar -xf "$work"/e2fsprogs_*.orig.tar.?z -C "$work/source" --strip-components=1
cd "$work/source"
export SOURCE_DATE_EPOCH=1767225600 # 2026-01-01
./configure --host=aarch64-linux-gnu --disable-nls --disable-uuidd --disable-fsck --disable-debugfs --disable-imager --disable-resizer \
	--disable-defrag --disable-e2initrd-helper CFLAGS='-O2 -g0' LDFLAGS=-static >>"$log" 2>&1 || stop "configure failed"
make -j"$(nproc)" libs >>"$log" 2>&1 || stop "the libraries failed"
make -C e2fsck e2fsck >>"$log" 2>&1 || stop "e2fsck failed"
make -C misc mke2fs >>"$log" 2>&1 || stop "mke2fs failed"
aarch64-linux-gnu-strip -o "$work/result/e2fsck" e2fsck/e2fsck
aarch64-linux-gnu-strip -o "$work/result/mke2fs" misc/mke2fs
cd /
finish "$out" "e2fsprogs $version"
