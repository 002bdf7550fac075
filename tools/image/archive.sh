# Sourced by the scripts beside it: where results are kept, and how sources come
# from the Debian archive without touching the host's own apt.
#
# A result lies in a folder named by the hash of all that it is made of; two runs
# at once wait for each other, and an interrupted run leaves nothing.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/watchbox/image
mkdir -p "$cache"
exec 9>"$cache/$what.lock"
flock 9

stop() {
	echo "$what: $1" >&2
	[ ! -f "${log:-}" ] || tail -n 30 "$log" >&2
	exit 1
}

need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || stop "$tool is missing: run make image, which installs what it needs"
	done
}

# found OUT: prints it and ends when an earlier run made it.
found() {
	[ -f "$1/version" ] || return 0
	echo "$1"
	exit 0
}

begin() {
	work=$(mktemp -d "$cache/work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM # else the shell ends without the line above
	log=$work/log
	mkdir "$work/result"
}

# finish OUT VERSION: puts the result where found looks for it.
finish() {
	echo "$2" >"$work/result/version"
	rm -rf "$1"
	mv "$work/result" "$1"
	echo "$1"
}

# sources KIND [SUITE]: an apt of its own with the host's Debian archive, deb or
# deb-src; of another suite than the host's when one is named.
sources() {
	mkdir -p "$work/apt/lists/partial" "$work/apt/archives/partial"
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' | sort -u |
		awk -v kind="$1" -v suite="${2:-}" '$1 ~ /\/debian(-security)?\/?$/ && !((kind == "deb-src" || suite) && $1 ~ /security/) {
			print kind " [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " $1 " " (suite ? suite : $2) " main" }' |
		sort -u >"$work/apt/sources.list"
	[ -s "$work/apt/sources.list" ] || stop "the host's apt names no Debian archive: run apt-get update first"
	apt apt-get update >"$log" 2>&1 || stop "apt-get update failed"
}

apt() {
	tool=$1
	shift
	"$tool" -q -o APT::Sandbox::User=root -o Dir::Etc::SourceList="$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt" -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}
