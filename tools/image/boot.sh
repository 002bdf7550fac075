#!/bin/sh
# boot.sh FOLDER [PORT]: starts the disk image in QEMU as the box starts, on a copy
# of the disk that stays in FOLDER/run; rm -r FOLDER/run is a new box. Ctrl-C cuts
# the power.
set -eu
image=$1
port=${2:-8443}
mkdir -p "$image/run"
[ -f "$image/run/disk.img" ] && [ ! "$image/disk.img" -nt "$image/run/disk.img" ] || cp --sparse=always "$image/disk.img" "$image/run/disk.img"
console=$image/run/console
: >"$console"
qemu-system-aarch64 -M virt,gic-version=2,acpi=off -cpu cortex-a53 -smp 2 -m 512 -display none -monitor none \
	-chardev "file,id=console,mux=on,path=$console" -serial chardev:console \
	-device virtio-serial-pci,id=console,max_ports=1 -device virtconsole,bus=console.0,chardev=console \
	-bios "$image/u-boot.bin" -dtb "$image/loader.dtb" \
	-drive "if=none,id=disk,format=raw,file=$image/run/disk.img" -device virtio-blk-pci,drive=disk \
	-netdev "user,id=lan,hostfwd=tcp:127.0.0.1:$port-:443" -device virtio-net-pci,netdev=lan,romfile= \
	-device i6300esb -action watchdog=reset </dev/null &
machine=$!
trap 'kill $machine 2>/dev/null; exit' INT TERM EXIT
echo "the machine starts; its console is in $console"
tail -n +1 -f --pid=$machine "$console" | sed -un -e '/^init: \|^network: \|armed\|set-up code/p' -e "s|.* page: https.*|页面 page: https://127.0.0.1:$port/|p"
wait $machine
