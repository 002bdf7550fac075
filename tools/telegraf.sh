#!/bin/sh
# Builds the collector that the benches stand beside, once, from its own
# Go module, and prints where it is. It is no dependency of ours: nothing of it is
# linked or copied.
set -e
version=v1.37.2
bin="${HOME:?}/.cache/watchbox/bin"
[ -x "$bin/telegraf" ] || {
	echo "building telegraf $version (once)" >&2
	GOBIN="$bin" GOFLAGS=-mod=mod go install -tags "custom,inputs.modbus,inputs.snmp,outputs.discard,parsers.influx,serializers.influx" "github.com/influxdata/telegraf/cmd/telegraf@$version" >&2
}
echo "$bin/telegraf"
