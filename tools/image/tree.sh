#!/bin/sh
# tree.sh BOARD FOLDER [OVERLAY]: the board's device trees, each the machine's own with
# board/BOARD/board.dtso on top, and OVERLAY on top of that: board.dtb, and for each
# variant VARIANT.dtb.
set -eu
board=$1
folder=$2
top=$(readlink -f "$(dirname "$0")/../..")
overlays="$top/board/$board/board.dtso ${3:-}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/machine"
case $board in
qemu) qemu-system-aarch64 -M virt,gic-version=2,acpi=off,dumpdtb="$work/machine/board.dtb" -cpu cortex-a53 -smp 2 -m 512 -nic none -display none >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; } ;;
*) cp "$("$top/tools/image/machine.sh" "$board")"/*.dtb "$work/machine/" ;;
esac
for tree in "$work"/machine/*.dtb; do
	# What QEMU makes up at random would make every build another one.
	fdtput -t s "$tree" /chosen stdout-path "$(fdtget -t s "$tree" /chosen stdout-path)" 2>/dev/null || true
	for seed in rng-seed kaslr-seed; do fdtput -d "$tree" /chosen $seed 2>/dev/null || true; done
	for overlay in $overlays; do
		dtc -q -@ -I dts -O dtb -o "$work/overlay.dtbo" "$overlay"
		fdtoverlay -i "$tree" -o "$work/board.dtb" "$work/overlay.dtbo"
		mv "$work/board.dtb" "$tree"
	done
	dtc -q -I dtb -O dtb -o "$folder/$(basename "$tree")" "$tree" # without the bytes that nobody set between its parts
done
