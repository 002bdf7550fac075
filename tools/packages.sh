#!/bin/sh
# Installs the Debian packages named on the command line that are not there yet.
# Needs root only when something is missing.
missing=
for p in "$@"; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "These Debian packages are missing; run as root: apt-get install$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# Services are started by the tests themselves, never by the packages.
policy=/usr/sbin/policy-rc.d
[ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; trap 'rm -f $policy' EXIT; }
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >"${TMPDIR:-/tmp}/watchbox-apt.log" 2>&1 && exit 0
tail -n 20 "${TMPDIR:-/tmp}/watchbox-apt.log" >&2
exit 1
