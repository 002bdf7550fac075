#!/bin/sh
# keys.sh: the builder's own signing keys, made once outside the tree: image.key
# and image.crt for the kernel (RSA 2048, what the loader checks), bundle.key and
# bundle.pub for updates (Ed25519). A product is signed with keys kept elsewhere:
# KEYS=DIR make image. Prints the folder.
set -eu
keys=${XDG_DATA_HOME:-$HOME/.local/share}/watchbox/keys
if [ ! -f "$keys/bundle.pub" ]; then
	umask 077
	mkdir -p "$keys"
	openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$keys/image.key"
	openssl req -batch -new -x509 -days 36500 -subj /CN=watchbox-image -key "$keys/image.key" -out "$keys/image.crt"
	openssl genpkey -quiet -algorithm ED25519 -out "$keys/bundle.key"
	openssl pkey -in "$keys/bundle.key" -pubout -out "$keys/bundle.pub"
fi
echo "$keys"
