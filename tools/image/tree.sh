#!/bin/sh
# tree.sh BOARD FILE: the board's device tree: the machine's own with
# board/BOARD/board.dtso on top.
set -eu
board=$1
file=$2
top=$(readlink -f "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $board in
qemu) qemu-system-aarch64 -M virt,gic-version=2,acpi=off,dumpdtb="$work/machine.dtb" -cpu cortex-a53 -smp 2 -m 512 -nic none -display none >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; } ;;
*) cp "$("$top/tools/image/kernel.sh" "$board")/board.dtb" "$work/machine.dtb" ;;
esac
# What QEMU makes up at random would make every build another one.
fdtput -t s "$work/machine.dtb" /chosen stdout-path "$(fdtget -t s "$work/machine.dtb" /chosen stdout-path)" 2>/dev/null || true
for seed in rng-seed kaslr-seed; do fdtput -d "$work/machine.dtb" /chosen $seed 2>/dev/null || true; done
dtc -q -@ -I dts -O dtb -o "$work/board.dtbo" "$top/board/$board/board.dtso"
fdtoverlay -i "$work/machine.dtb" -o "$work/board.dtb" "$work/board.dtbo"
dtc -q -I dtb -O dtb -o "$file" "$work/board.dtb" # without the bytes that nobody set between its parts
