#!/bin/sh
# tree.sh BOARD FOLDER: the board's device trees, each the machine's own with
# board/BOARD/board.dtso on top: board.dtb, and for each variant VARIANT.dtb.
set -eu
board=$1
folder=$2
top=$(readlink -f "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/machine"
case $board in
qemu) qemu-system-aarch64 -M virt,gic-version=2,acpi=off,dumpdtb="$work/machine/board.dtb" -cpu cortex-a53 -smp 2 -m 512 -nic none -display none >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; } ;;
*) cp "$("$top/tools/image/machine.sh" "$board")"/*.dtb "$work/machine/" ;;
esac
dtc -q -@ -I dts -O dtb -o "$work/board.dtbo" "$top/board/$board/board.dtso"
for tree in "$work"/machine/*.dtb; do
	# What QEMU makes up at random would make every build another one.
	fdtput -t s "$tree" /chosen stdout-path "$(fdtget -t s "$tree" /chosen stdout-path)" 2>/dev/null || true
	for seed in rng-seed kaslr-seed; do fdtput -d "$tree" /chosen $seed 2>/dev/null || true; done
	fdtoverlay -i "$tree" -o "$work/board.dtb" "$work/board.dtbo"
	dtc -q -I dtb -O dtb -o "$folder/$(basename "$tree")" "$work/board.dtb" # without the bytes that nobody set between its parts
done
