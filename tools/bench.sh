#!/bin/sh
# The figures of the README's table, one run, one machine. Ratios are what counts.
set -e
echo "machine: $(nproc) CPUs, $(awk -F: '/model name/{print $2; exit}' /proc/cpuinfo | sed 's/^ *//'), Linux $(uname -r), $(go env GOVERSION), $(date -u +%F), commit $(git rev-parse --short HEAD)"
echo
echo "## Siren path"
go run ./test/bench/siren -presses "${PRESSES:-1000}"
echo
echo "## Modbus RTU"
go run ./test/bench/rtu
echo
echo "## SNMP"
go test -tags sqlite_omit_load_extension,osusergo,netgo,peer -run '^$' -bench ScanSNMP ./drivers/snmp
