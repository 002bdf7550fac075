# Watchbox. `make` lists what a person can ask for; CI runs the same words.
SHELL   := /bin/sh
TAGS    := sqlite_omit_load_extension,osusergo,netgo
GO      := go
GOTEST  := $(GO) test -tags $(TAGS)
SIM     ?= $(CURDIR)/out/sim
DATA    ?= $(CURDIR)/out/data
LISTEN  ?= 127.0.0.1:8080
# What `make test` measures against: programs that we did not write.
PEERS   := chromium tshark snmpd snmp mosquitto mosquitto-clients python3-pymodbus python3-serial \
           python3-typer python3-prompt-toolkit python3-aiohttp python3-click python3-serial-asyncio \
           socat nut-modbus nut-server smstools ola iproute2 fping dnsmasq-base nftables chrony e2fsprogs strace openssl mtools dosfstools libmodbus-dev mbpoll pkg-config gcc libc6-dev curl
IMAGE   := qemu-system-arm squashfs-tools cryptsetup-bin u-boot-tools device-tree-compiler fdisk bc flex bison make \
           gcc-aarch64-linux-gnu libc6-dev-arm64-cross openssl cpio kmod xz-utils zstd libssl-dev ca-certificates patch \
           mtools dosfstools
BOARD   ?= qemu
RUNS    ?= 25
CUTS    ?= 5
TWICE   ?= uboot-qemu uboot-rpi4 kernel-qemu kernel-rpi4
POWER   := nbdkit mosquitto mosquitto-clients
ARMHF   := gcc-arm-linux-gnueabihf libc6-dev-armhf-cross qemu-user
GUEST   := qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross cpio zstd xz-utils kmod bc flex bison make python3-pymodbus device-tree-compiler

.PHONY: help needs build ui run look check test unit conformance peer scenario guest armhf image boot bootimages boottest boardtest bootproof proof bench fuzz soak clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

needs:
	@tools/needs.sh

build: needs ui ## build every program into bin/
	$(GO) build -tags $(TAGS) -o bin/ ./cmd/... ./tools/maplint

ui: web/page/index.html

web/page/index.html: $(shell find web/ui -path '*/node_modules' -prune -o -type f -print 2>/dev/null)
	cd web/ui && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

run: build ## start a simulated room and the box; prints the page's address and the set-up code
	@tools/run.sh "$(SIM)" "$(DATA)" "$(LISTEN)"

check: look ## the quick tests: formatting, vet, structure, every unit test (under two minutes)
	$(GOTEST) ./...

look: needs ui
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run gofmt'; exit 1; }
	$(GO) vet -tags $(TAGS) ./...
	cd web/ui && npm run --silent check

# The unit tests of check, under the race detector.
unit: needs ui
	@tools/race.sh -tags $(TAGS)

conformance: needs ## the table: clauses of the standards → pass, or why not applicable
	@cd test/conformance && WATCHBOX_TABLE=1 $(GOTEST) -count=1 -run TestClauses

peer: needs ## every part against programs that we did not write
	@tools/packages.sh $(PEERS)
	@tools/mailpit.sh
	$(GO) test -tags $(TAGS),peer -p 1 -timeout 10m $$(tools/tagged.sh peer)

scenario: build ## whole-product scenarios: panic at night, faults, reload
	@tools/packages.sh $(PEERS)
	$(GO) test -tags $(TAGS),scenario -timeout 12m ./test/scenario/...

guest: needs ## the box in QEMU: stock kernel, simulated GPIO lines
	@tools/packages.sh $(GUEST)
	$(GO) test -tags $(TAGS),guest -count=1 -timeout 20m ./test/guest/...

armhf: needs ui ## every program for 32-bit ARM, and the unit tests of what lies in memory and on wires, under qemu-user
	@tools/packages.sh $(ARMHF)
	tools/armhf.sh $(TAGS)

image: needs ui ## the disk image and the update bundle of BOARD (qemu, rpi4), in out/image
	@tools/packages.sh $(IMAGE)
	tools/image/build.sh $(BOARD) out/image/$(BOARD)

boot: ## builds the image and starts it in QEMU; prints the page's address and the set-up code
	@$(MAKE) --no-print-directory image BOARD=qemu
	@tools/image/boot.sh out/image/qemu

bootimages: needs ui
	@tools/packages.sh $(IMAGE)
	@echo 'images: the first run builds kernel, loader and e2fsprogs from Debian sources (ten minutes of processor time), later ones take them from ~/.cache'
	@$(MAKE) --no-print-directory -j3 out/boot/product out/boot/agent out/boot/next

.PHONY: out/boot/product out/boot/agent out/boot/next
out/boot/agent: export AGENT = 1
out/boot/agent: export VERSION = 0.1.0
out/boot/next: export AGENT = 1
out/boot/next: export VERSION = 0.2.0
out/boot/product out/boot/agent out/boot/next:
	tools/image/build.sh qemu $@

boottest: bootimages ## the disk image in QEMU: boots to armed, guards, takes an update
	@tools/packages.sh nmap iproute2
	$(GO) test -tags $(TAGS),boot -count=1 -timeout 20m -v ./test/boot ./tools/mkimage

boardtest: needs ui ## the image of the Raspberry Pi 4, checked by tools and started in a QEMU that has the machine
	@tools/packages.sh $(IMAGE)
	tools/image/build.sh rpi4 out/board/rpi4
	tools/image/build.sh rpi4 out/board/again
	OVERLAY=test/boot/raspi4b.dtso tools/image/build.sh rpi4 out/board/qemu
	$(GO) test -tags $(TAGS),board -count=1 -timeout 15m ./test/boot

bootproof: bootimages ## the ways to break an update or a box, RUNS (25) times, and CUTS (5) power cuts, each to an armed box; prints the table
	@tools/packages.sh $(POWER)
	$(GO) test -tags $(TAGS),bootproof -count=1 -parallel 3 -timeout 6h -v ./test/boot -args -runs $(RUNS) -cuts $(CUTS)

# Three groups side by side: the unit tests need the processor, the others mostly wait.
# The stories of the product run in real time, so they come first; then QEMU.
test: look ## everything that a change must pass; installs what it needs
	@tools/packages.sh $(PEERS) $(GUEST) $(IMAGE) nmap
	@echo 'unit tests, whole product and box run side by side; each tells when it is done'
	@$(MAKE) --no-print-directory -j3 -O nice-unit product box

.PHONY: nice-unit product box
nice-unit:
	@nice -n 19 $(MAKE) --no-print-directory unit

product:
	@$(MAKE) --no-print-directory peer
	@$(MAKE) --no-print-directory scenario

box:
	@nice $(MAKE) --no-print-directory guest
	@nice $(MAKE) --no-print-directory boottest

proof: build ## the long proofs: 200 kills under load, mutated site files, 25 broken updates and boxes, power cuts, fuzzing
	@tools/packages.sh $(PEERS)
	$(GO) test -tags $(TAGS),proof -count=1 -timeout 40m ./test/proof/...
	@$(MAKE) --no-print-directory bootproof
	@tools/fuzz.sh 10m 3s

soak: KILLS := 1000
soak: RUNS  := 100
soak: CUTS  := 50
soak: build ## before a release, by hand, hours: KILLS (1 000), RUNS (100) broken updates, CUTS (50) of the power, the other boards, kernels and loaders built twice; its table is out/soak.md
	@tools/packages.sh $(PEERS)
	@tools/soak.sh $(KILLS) $(RUNS) $(CUTS) $(TWICE)

bench: build ## the figures of the README's table, as ratios
	@tools/packages.sh $(PEERS) $(IMAGE)
	@tools/bench.sh

fuzz: ## the stories of the panel for ten minutes, every other fuzz test for five seconds
	@tools/fuzz.sh 10m 5s

clean: ## remove what was built
	rm -rf bin out
