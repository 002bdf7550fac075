#!/bin/sh
# Names what is missing to build Watchbox, before anything else fails.
missing=
need() { missing="$missing
  $1"; }
newer() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }
command -v go >/dev/null || need "Go 1.26 or newer (go.dev)"
command -v go >/dev/null && { v=$(go env GOVERSION | sed 's/^go//'); newer 1.26 "$v" || need "Go 1.26 or newer: found $v"; }
command -v node >/dev/null || need "Node 20.19 or newer"
command -v node >/dev/null && { v=$(node --version | sed 's/^v//'); newer 20.19 "$v" || need "Node 20.19 or newer: found $v"; }
for tool in npm gcc git; do command -v $tool >/dev/null || need "$tool"; done
[ -z "$missing" ] && exit 0
echo "Watchbox cannot be built on this machine yet. Missing:$missing" >&2
exit 1
