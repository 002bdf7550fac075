#!/bin/sh
# Starts the simulated site and the box on it, and stops both together.
# $1 directory of the simulated wires, $2 data directory, $3 address of the page.
set -e
sim=$1 data=$2 listen=$3
mkdir -p "$sim" "$data/secrets"
chmod 700 "$data/secrets"
[ -e "$data/site.yaml" ] || cp cmd/fieldsim/site.yaml "$data/site.yaml"
trap 'kill $field $box 2>/dev/null; wait' INT TERM EXIT
bin/fieldsim -dir "$sim" -secrets "$data/secrets" &
field=$!
tries=0
until [ -e "$sim/ready" ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] && kill -0 $field || { echo "fieldsim did not start" >&2; exit 1; }
	sleep 0.1
done
WATCHBOX_SIM=$sim bin/watchboxd -site "$data/site.yaml" -data "$data" -listen "$listen" &
box=$!
wait $box
