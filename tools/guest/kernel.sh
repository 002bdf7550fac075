#!/bin/sh
# kernel.sh: the kernel of the guest test. Prints the folder that holds
#
#   vmlinuz            Debian's stock arm64 kernel, as shipped (the smaller "cloud"
#                      one has no USB)
#   configfs.ko.xz     its own modules: configfs for gpio-sim, what a serial adapter
#   usbcore.ko.xz …    on USB needs, and sensors on I2C and 1-Wire
#   gpio-sim.ko        built here, as no Debian 12 kernel has them: GPIO simulator,
#   i2c-stub.ko        I2C bus whose chips are memory, 1-Wire master on a UART (the
#   w1-uart.ko         sensors behind it are a program's business)
#   version            the kernel release they belong to
#
# Nothing is installed: packages are downloaded and unpacked beside the cache,
# with apt state of their own, for arm64 next to the host's architecture. The
# first run takes a minute or two and needs the Debian archive; later runs find
# the folder by the hash of this script and need nothing.
#
# Needs: apt-get, dpkg-deb, make, gcc, gcc-aarch64-linux-gnu, flock, xz.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/watchbox/guest
series=6.12
script=$(readlink -f "$0")
out=$cache/kernel-$(sha256sum "$script" | cut -c1-16)

mkdir -p "$cache"
exec 9>"$cache/kernel.lock"
flock 9 # two test runs at once: the second waits and finds the work done
if [ -f "$out/version" ]; then
	echo "$out"
	exit 0
fi

work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
log=$work/log
failed() {
	echo "guest kernel: $1" >&2
	tail -n 30 "$log" >&2
	exit 1
}

for tool in apt-get dpkg-deb make gcc aarch64-linux-gnu-gcc xz; do
	command -v $tool >/dev/null || { : >"$log"; failed "$tool is missing: apt-get install make gcc gcc-aarch64-linux-gnu xz-utils"; }
done

# The archive that the host itself uses, asked for both architectures.
host=$(dpkg --print-architecture)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | sort -u |
	awk -v o="arch=$host,arm64 signed-by=$keyring" '$1 ~ /debian-security/ { print "deb [" o "] " $1 " " $2 " main" }' >"$work/sources.list"
[ -s "$work/sources.list" ] || { : >"$log"; failed "the host's apt names no Debian security archive: run apt-get update first"; }
mkdir -p "$work/lists/partial" "$work/archives/partial"
apt() {
	tool=$1
	shift
	"$tool" -q -o APT::Architecture="$host" -o APT::Architectures="$host,arm64" -o APT::Sandbox::User=root \
		-o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$work/lists" -o Dir::Cache="$work" -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}
apt apt-get update >"$log" 2>&1 || failed "apt-get update failed"

# The newest release for which all parts are there. Source packages carry no
# release in their name: the version of the kbuild package is theirs too.
apt apt-cache search --names-only "^linux-kbuild-$series" 2>>"$log" | awk '{ print $1 }' | sed 's/^linux-kbuild-//' | sort -rV >"$work/releases"
release=
while read -r r; do
	if apt apt-cache show "linux-image-$r-arm64:arm64" "linux-headers-$r-arm64:arm64" "linux-headers-$r-common" >/dev/null 2>>"$log"; then
		release=$r
		break
	fi
done <"$work/releases"
[ -n "$release" ] || failed "no $series kernel with headers in the archive"
version=$(apt apt-cache show "linux-kbuild-$release" | awk '/^Version:/ { print $2; exit }')

mkdir "$work/debs" "$work/root" "$work/module" "$work/result"
(cd "$work/debs" && apt apt-get download "linux-image-$release-arm64:arm64" "linux-headers-$release-arm64:arm64" \
	"linux-headers-$release-common" "linux-kbuild-$release:$host" "linux-source-$series=$version") >>"$log" 2>&1 || failed "download failed"
for deb in "$work"/debs/linux-image* "$work"/debs/linux-headers* "$work"/debs/linux-kbuild*; do
	dpkg-deb -x "$deb" "$work/root"
done
dpkg-deb --fsys-tarfile "$work"/debs/linux-source-* | tar -xO "./usr/src/linux-source-$series.tar.xz" |
	tar -xJ -C "$work/module" --transform 's,.*/,,' --no-anchored \
		drivers/gpio/gpio-sim.c kernel/irq/irq_sim.c drivers/i2c/i2c-stub.c drivers/w1/masters/w1-uart.c

# gpio-sim needs irq_sim, which Debian does not build in: both become one
# module. irq_to_desc is not exported to modules; the generic call does the same.
mv "$work/module/gpio-sim.c" "$work/module/gpio_sim_lines.c"
sed -i 's/handle_simple_irq(irq_to_desc(\(.*\)));/generic_handle_irq(\1);/' "$work/module/irq_sim.c"
printf 'obj-m := gpio-sim.o i2c-stub.o w1-uart.o\ngpio-sim-y := gpio_sim_lines.o irq_sim.o\n' >"$work/module/Kbuild"
headers=$work/root/usr/src/linux-headers-$release-arm64
sed -i "s,include /usr/src,include $work/root/usr/src," "$headers/Makefile"
rm -f "$headers/vmlinux" # else kbuild wants pahole for type information
make -C "$headers" M="$work/module" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- CC=aarch64-linux-gnu-gcc modules >>"$log" 2>&1 ||
	failed "building the simulators failed"

for module in gpio-sim i2c-stub w1-uart; do
	aarch64-linux-gnu-strip --strip-debug -o "$work/result/$module.ko" "$work/module/$module.ko"
done
cp "$work/root/boot/vmlinuz-$release-arm64" "$work/result/vmlinuz"
for module in fs/configfs/configfs drivers/usb/common/usb-common drivers/usb/core/usbcore drivers/usb/host/xhci-hcd \
	drivers/usb/host/xhci-pci drivers/usb/serial/usbserial drivers/usb/serial/ftdi_sio \
	drivers/i2c/i2c-dev drivers/hwmon/lm75 drivers/w1/wire drivers/w1/slaves/w1_therm; do
	cp "$work/root/lib/modules/$release-arm64/kernel/$module.ko.xz" "$work/result/" || failed "the kernel has no module $module"
done
echo "$release-arm64" >"$work/result/version"
rm -rf "$out"
mv "$work/result" "$out"
echo "$out"
