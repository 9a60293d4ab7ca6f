#!/bin/sh
# A small Debian as a base image, for machines that cannot pull one:
#   base-image.sh localhost/debian:bookworm-slim /scratch/folder      (root; debootstrap, podman)
set -eu

root="$2/debian"
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates bookworm "$root"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* \
    "$root"/usr/share/man/* "$root"/usr/share/locale/* "$root"/var/log/*.log
tar -C "$root" -c . | podman import --change 'CMD ["/bin/sh"]' - "$1"
