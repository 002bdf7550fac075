# Watchbox. `make` lists what a person can ask for; CI runs the same words.
SHELL   := /bin/sh
TAGS    := sqlite_omit_load_extension,osusergo,netgo
GO      := go
GOTEST  := $(GO) test -tags $(TAGS)
SIM     ?= $(CURDIR)/out/sim
DATA    ?= $(CURDIR)/out/data
LISTEN  ?= 127.0.0.1:8080
# What `make test` measures against: programs that we did not write.
PEERS   := chromium snmpd snmp mosquitto mosquitto-clients python3-pymodbus python3-serial \
           python3-typer python3-prompt-toolkit python3-aiohttp python3-click python3-serial-asyncio \
           socat nut-modbus smstools ola iproute2 fping dnsmasq-base nftables chrony e2fsprogs strace openssl libmodbus-dev pkg-config gcc libc6-dev curl
IMAGE   := qemu-system-arm squashfs-tools cryptsetup-bin u-boot-tools device-tree-compiler fdisk bc flex bison make \
           gcc-aarch64-linux-gnu libc6-dev-arm64-cross openssl cpio kmod xz-utils zstd libssl-dev ca-certificates patch
BOARD   ?= qemu
RUNS    ?= 25
GUEST   := qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross cpio zstd xz-utils kmod bc flex bison make

.PHONY: help needs build ui run check test unit conformance peer scenario guest image boot bootimages boottest bootproof proof bench fuzz soak clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

needs:
	@tools/needs.sh

build: needs ui ## build every program into bin/
	$(GO) build -tags $(TAGS) -o bin/ ./cmd/...

ui: web/page/index.html

web/page/index.html: $(shell find web/ui -path '*/node_modules' -prune -o -type f -print 2>/dev/null)
	cd web/ui && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

run: build ## start a simulated room and the box; prints the page's address and the set-up code
	@tools/run.sh "$(SIM)" "$(DATA)" "$(LISTEN)"

check: needs ui ## the quick tests: formatting, vet, structure, every unit test (under two minutes)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run gofmt'; exit 1; }
	$(GO) vet -tags $(TAGS) ./...
	$(GOTEST) ./...
	cd web/ui && npm run --silent check

unit: needs
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

image: needs ui ## the disk image and the update bundle of BOARD (qemu), in out/image
	@tools/packages.sh $(IMAGE)
	tools/image/build.sh $(BOARD) out/image/$(BOARD)

boot: ## builds the image and starts it in QEMU; prints the page's address and the set-up code
	@$(MAKE) --no-print-directory image BOARD=qemu
	@tools/image/boot.sh out/image/qemu

bootimages: needs ui
	@tools/packages.sh $(IMAGE)
	@echo 'images: the first run builds kernel, loader and e2fsprogs from Debian sources (ten minutes of processor time), later ones take them from ~/.cache'
	tools/image/build.sh qemu out/boot/product
	AGENT=1 VERSION=0.1.0 tools/image/build.sh qemu out/boot/agent
	AGENT=1 VERSION=0.2.0 tools/image/build.sh qemu out/boot/next

boottest: bootimages ## the disk image in QEMU: boots to armed, guards, takes an update
	$(GO) test -tags $(TAGS),boot -count=1 -timeout 10m ./test/boot ./tools/mkimage

bootproof: bootimages ## the ways to break an update or a box, RUNS (25) times, each to an armed box; prints the table
	$(GO) test -tags $(TAGS),bootproof -count=1 -parallel 3 -timeout 2h -v ./test/boot -args -runs $(RUNS)

test: check unit peer scenario guest boottest ## everything that a change must pass; installs what it needs

proof: build ## the long proofs: 200 kills under load, mutated site files, 25 broken updates, fuzzing
	@tools/packages.sh $(PEERS)
	$(GO) test -tags $(TAGS),proof -count=1 -timeout 40m ./test/proof/...
	@$(MAKE) --no-print-directory bootproof
	@tools/fuzz.sh 10m

soak: build ## before a release, by hand, hours: 1 000 kills, 100 broken updates; its table goes into test/soak.md
	@tools/packages.sh $(PEERS)
	$(GO) test -tags $(TAGS),proof -count=1 -timeout 6h ./test/proof/... -args -kills 1000
	@$(MAKE) --no-print-directory bootproof RUNS=100

bench: build ## the figures of the README's table, as ratios
	@tools/packages.sh $(PEERS)
	@tools/bench.sh

fuzz: ## every fuzz test for ten minutes in all
	@tools/fuzz.sh 10m

clean: ## remove what was built
	rm -rf bin out
