#!/bin/sh
# The figures of the README's table, one run, one machine. Ratios are what counts.
set -e
echo "machine: $(nproc) CPUs, $(awk -F: '/model name/{print $2; exit}' /proc/cpuinfo | sed 's/^ *//'), Linux $(uname -r), $(go env GOVERSION), $(date -u +%F), commit $(git rev-parse --short HEAD)"
echo
echo "## Siren path"
go run ./test/bench/siren -presses "${PRESSES:-1000}"
echo
echo "## Engine with 20 000 points and 5 000 rules"
echo "(a sample; the life of an alarm: raise, acknowledge, clear; panic edge → siren level while 10 000 samples/s come in, budget p99.9 10 ms)"
engine="go test -tags sqlite_omit_load_extension,osusergo,netgo -run ^\$ ./firmware/engine"
$engine -bench Estate | grep ^Benchmark
$engine -bench PanicInFlood -benchtime 2000x | grep ^Benchmark
echo "(alarms of one step among 5 000 definitions: ns/alarm must not grow with them)"
go test -tags sqlite_omit_load_extension,osusergo,netgo -run '^$' -bench 'Storm|Mains' ./firmware/alarm | grep ^Benchmark
echo
echo "## Modbus RTU"
go run ./test/bench/rtu
echo
echo "## A bus of eight slaves, beside Telegraf"
go run ./test/bench/sharedbus -telegraf "$(tools/telegraf.sh)"
echo
echo "## SNMP"
go test -tags sqlite_omit_load_extension,osusergo,netgo,peer -run '^$' -bench ScanSNMP ./drivers/snmp
go build -tags sqlite_omit_load_extension,osusergo,netgo -o bin/ ./cmd/watchboxd
go run ./test/bench/agents -telegraf "$(tools/telegraf.sh)"
echo
echo "## The image, beside a gokrazy hello appliance in the same QEMU"
echo "(seconds, in brackets of processor; emulated: only the ratios count)"
tools/image/build.sh qemu out/image/qemu
go run ./test/bench/boot -kernel "$(tools/image/kernel.sh qemu)/Image" -gokrazy "$(tools/image/gokrazy.sh)" -rounds "${BOOTS:-3}"
