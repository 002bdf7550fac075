#!/bin/sh
# The driver of Network UPS Tools for UPS that speak YD/T 1363 (liebert-gxe): the only
# master of that protocol that we did not write. Debian 12 is older than it, so it comes
# from Debian's testing with the C library that it was built for, beside the host's, which
# stays as it is. Prints the folder that holds the program "liebert-gxe"; fetched once.
set -eu
what=nut
. "$(dirname "$0")/image/archive.sh"
out=$cache/nut-$(sha256sum <"$0" | cut -c1-16)
found "$out"

need apt-get dpkg-deb
begin
sources deb testing
(cd "$work" && apt apt-get download nut-server libc6 libsystemd0 libcap2 libgcc-s1) >>"$log" 2>&1 || stop "download failed"
for deb in "$work"/*.deb; do
	dpkg-deb -x "$deb" "$work/root"
done
cp "$work"/root/usr/lib/*-linux-gnu/*.so.* "$work/result/"
cp "$work/root/usr/libexec/nut/liebert-gxe" "$work/result/driver"
cat >"$work/result/liebert-gxe" <<'EOF'
#!/bin/sh
here=$(dirname "$0")
exec "$here"/ld-linux-*.so.* --library-path "$here" "$here/driver" "$@"
EOF
chmod 755 "$work/result/liebert-gxe"
finish "$out" "$(dpkg-deb -f "$work"/nut-server_*.deb Version)"
