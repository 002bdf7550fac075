// Package drivers is where each folder talks to one kind of thing.
package drivers

import (
	_ "github.com/eclipse/paho.mqtt.golang"
	_ "github.com/goburrow/modbus"
	_ "github.com/gosnmp/gosnmp"
	_ "github.com/mattn/go-sqlite3"
	_ "github.com/mochi-mqtt/server/v2"
	_ "github.com/mochi-mqtt/server/v2/hooks/auth"
	_ "github.com/mochi-mqtt/server/v2/listeners"
	_ "github.com/tarm/serial"
	_ "github.com/warthog618/sms"
	_ "go.yaml.in/yaml/v3"
	_ "golang.org/x/crypto/argon2"
	_ "golang.org/x/net/icmp"
	_ "golang.org/x/sys/unix"
	_ "periph.io/x/conn/v3/gpio"
	_ "periph.io/x/host/v3"
)
