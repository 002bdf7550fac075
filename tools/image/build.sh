#!/bin/sh
# build.sh BOARD OUT: the image of a board, as a normal user: disk.img, slot.img,
# the update bundle, loader and its control tree. What else mkimage is told about
# a board stands in board/BOARD/image.flags; a board with a config.txt starts from
# a FAT partition with the firmware of a Raspberry Pi. Programs, kernel and loader come
# from caches; the same tree gives the same bytes, and is not made again.
#
# VERSION=x.y.z; KEYS=DIR signs with other keys than the builder's own. For tests,
# never for a box: AGENT=1 puts test/guest/agent into the root, as what the kernel
# starts before init, and a trial of an update is short; OVERLAY=FILE lies over the
# board's device tree.
set -eu
board=${1:?name the board}
out=${2:?name the folder of the results}
top=$(readlink -f "$(dirname "$0")/../..")
cd "$top"
version=${VERSION:-$(git describe --tags --match 'v*' 2>/dev/null | sed 's/^v//;s/-.*//' || true)}
version=${version:-0.1.0}
kernel=$(tools/image/kernel.sh "$board")
loader=$(tools/image/uboot.sh "$board")
e2fs=$(tools/image/e2fs.sh)
keys=${KEYS:-$(tools/image/keys.sh)}
mkdir -p "$out"
root=$out/root
rm -rf "$root"
mkdir -p "$root/bin" "$root/sbin" "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/tmp" "$root/data"
cp -R rootfs/etc "$root/"
rm "$root/etc/watchbox/site.yaml"
tools/image/site.sh "$board" >"$root/etc/watchbox/site-$board.yaml"
mkdir -p "$root/etc/ssl/certs"
cp "$keys/bundle.pub" "$root/etc/watchbox/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp "$e2fs/e2fsck" "$e2fs/mke2fs" "$root/sbin/"
export GOOS=linux GOARCH=arm64 GOFLAGS=
tags=sqlite_omit_load_extension,osusergo,netgo
flags="-s -w -buildid= -X main.version=$version"
CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags "$tags" -ldflags "$flags" -o "$root/bin/" ./cmd/init
CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc go build -trimpath -buildvcs=false -tags "$tags" -ldflags "$flags -linkmode external -extldflags '-static'" -o "$root/bin/" ./cmd/watchboxd ./cmd/watchbox
if [ -n "${AGENT:-}" ]; then
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -buildid=" -o "$root/bin/" ./test/guest/agent
	set -- -init /bin/agent -more 'watchbox.gate=20s -- /bin/init'
else
	set --
fi
unset GOOS GOARCH
chmod -R u=rwX,go=rX "$root"
sources=$kernel/version,$loader/version,$e2fs/version
trees=$out/trees
rm -rf "$trees"
mkdir "$trees"
tools/image/tree.sh "$board" "$trees" "${OVERLAY:-}"
variants=
for tree in "$trees"/*.dtb; do
	name=$(basename "$tree" .dtb)
	[ "$name" = board ] || variants=$variants,$name=$tree
done
if [ -f "board/$board/config.txt" ]; then
	firmware=$(tools/image/firmware.sh "$board")
	rm -rf "$out/firmware"
	cp -R "$firmware/files" "$out/firmware"
	cp "board/$board/config.txt" "$loader/u-boot.bin" "$firmware/copyright" "$out/firmware/"
	set -- -firmware "$out/firmware" "$@"
	sources=$sources,$firmware/version
fi
if [ -f "board/$board/image.flags" ]; then
	# shellcheck disable=SC2046
	set -- $(grep -v '^#' "board/$board/image.flags") "$@"
fi
go build -trimpath -buildvcs=false -ldflags -buildid= -o "$out/mkimage" ./tools/mkimage
set -- -board "$board" -version "$version" -kernel "$kernel/Image" -tree "$trees/board.dtb" -variants "$variants" -root "$root" -keys "$keys" -out "$out" \
	-sources "$sources" "$@"
# What is made of the same things is the same: it is there already.
made=$trees
[ ! -d "$out/firmware" ] || made="$trees $out/firmware"
# shellcheck disable=SC2086
inputs=$( { echo "$@"; find "$root" "$keys" $made "$out/mkimage" go.mod go.sum web/ui/package-lock.json "$loader/u-boot.bin" -type f -print0 | sort -z | xargs -0 sha256sum
	dpkg-query -W squashfs-tools cryptsetup-bin u-boot-tools device-tree-compiler fdisk mtools dosfstools; } | sha256sum)
if [ "$inputs" != "$(cat "$out/inputs" 2>/dev/null)" ]; then
	rm -f "$out/inputs"
	"$out/mkimage" "$@"
	cp "$loader/u-boot.bin" "$out/"
	echo "$inputs" >"$out/inputs"
fi
rm -rf "$root" "$out/mkimage" "$out/firmware"
echo "$out: $(du -h "$out/slot.img" | cut -f1) slot, version $version, board $board"
