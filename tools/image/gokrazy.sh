#!/bin/sh
# gokrazy.sh: the gokrazy "hello" appliance that make bench boots beside our image.
# Prints the folder that holds disk.img and, as they stand in it, root.img, vmlinuz
# (their own kernel) and cmdline.txt. Init, services and kernel are Go modules, pinned
# in test/bench/boot/gokrazy, a module of its own: nothing of it is in a product. Their
# packer was not served as a module, so this stands for it: boot · root A · root B ·
# perm, the root a squashfs with zlib.
set -eu
top=$(readlink -f "$(dirname "$0")/../..")
what="gokrazy hello image"
. "$top/tools/image/archive.sh"

need go mksquashfs mke2fs mkfs.vfat mcopy sfdisk
cd "$top/test/bench/boot/gokrazy"
out=$cache/gokrazy-$( (go env GOVERSION; find . -type f | sort | xargs cat; cat "$top/tools/image/gokrazy.sh") | sha256sum | cut -c1-16)
found "$out"

begin
root=$work/root
mkdir -p "$root/gokrazy" "$root/user" "$root/etc/ssl" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/run" "$root/perm"
build() { GOFLAGS= GOOS=linux GOARCH=arm64 CGO_ENABLED=0 nice go build -trimpath -buildvcs=false -ldflags "-s -w" "$@" >>"$log" 2>&1 || stop "the build failed"; }
build -o "$root/gokrazy/" ./init tool
build -o "$root/user/" ./hello
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/ca-bundle.pem"
printf hello >"$root/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
printf bench >"$root/etc/gokr-pw.txt"
ln -s /tmp/resolv.conf "$root/etc/resolv.conf"
ln -s /perm/var "$root/var"
kernel=$(go list -m -f '{{.Dir}}' github.com/gokrazy/kernel.arm64)
cp "$kernel/vmlinuz" "$work/result/"
chmod u+w "$work/result/vmlinuz"
cp -R "$kernel/lib" "$root/"
chmod -R u=rwX,go=rX "$root"
mksquashfs "$root" "$work/result/root.img" -comp gzip -all-root -noappend -no-progress -quiet >>"$log" 2>&1 || stop "mksquashfs failed"

# Their init reads its command line in the boot partition: FAT16, one table.
disk=$work/result/disk.img
truncate -s 384M "$disk"
sfdisk -q "$disk" <<END >>"$log" 2>&1 || stop "sfdisk failed"
label: dos
label-id: 0x60ba2e1f
start=1MiB, size=100MiB, type=c
start=101MiB, size=60MiB, type=83
start=161MiB, size=60MiB, type=83
start=221MiB, type=83
END
echo "root=PARTUUID=60ba2e1f-02 ro init=/gokrazy/init panic=10 oops=panic console=ttyAMA0 quiet" >"$work/result/cmdline.txt"
mkfs.vfat -F 16 -f 1 -C "$work/boot" $((100 * 1024)) >>"$log" 2>&1 || stop "mkfs.vfat failed"
mcopy -i "$work/boot" "$work/result/cmdline.txt" "$work/result/vmlinuz" ::
dd if="$work/boot" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
dd if="$work/result/root.img" of="$disk" bs=1M seek=101 conv=notrunc,sparse status=none
mke2fs -q -t ext4 -E offset=$((221 * 1024 * 1024)) "$disk" 163m >>"$log" 2>&1 || stop "mke2fs failed"
finish "$out" "$(go list -m github.com/gokrazy/gokrazy github.com/gokrazy/kernel.arm64 | tr '\n' ' ')"
