#!/bin/sh
# site.sh BOARD: the site file that the first boot of the board's image copies to the
# data partition.
exec sed "s/^board: .*/board: ${1:?name the board}/" "$(dirname "$0")/../../rootfs/etc/watchbox/site.yaml"
