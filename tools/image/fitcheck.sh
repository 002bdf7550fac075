#!/bin/sh
# fitcheck.sh: U-Boot's own checker of a signed FIT, for the builder's machine, from
# Debian's source; no Debian package has it. Prints the folder that holds
# fit_check_sign and version.
set -eu
top=$(readlink -f "$(dirname "$0")/../..")
what="fit_check_sign"
. "$top/tools/image/archive.sh"

need apt-get make gcc bc flex bison xz
version=$(apt-cache policy u-boot-tools | awk '/Candidate:/ { print $2 }')
[ -n "$version" ] && [ "$version" != "(none)" ] || stop "the archive has no u-boot: run apt-get update first"
out=$cache/fitcheck-$( (echo "$version"; gcc -dumpfullversion; cat "$0") | sha256sum | cut -c1-16)
found "$out"

begin
sources deb-src
(cd "$work" && apt apt-get source -d "u-boot=$version") >>"$log" 2>&1 || stop "download failed"
mkdir "$work/source"
tar -xJf "$work"/u-boot_*.orig.tar.xz -C "$work/source" --strip-components=1
cd "$work/source"
make tools-only_defconfig >>"$log" 2>&1 || stop "the configuration failed"
make -j"$(nproc)" tools-only >>"$log" 2>&1 || stop "the build failed"
cp tools/fit_check_sign "$work/result/"
cd /
finish "$out" "u-boot $version"
