#!/bin/sh
# Install Debian packages as root, without starting the system-wide servers some of them bring.
set -eu

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -o DPkg::Lock::Timeout=60 update --quiet
apt-get -o DPkg::Lock::Timeout=60 -o Dpkg::Use-Pty=0 install --yes --quiet --no-install-recommends "$@"

# They shall not come up with the next boot either: this project runs its own.
if [ -d /run/systemd/system ]; then
    for package in "$@"; do
        case "$package" in
            postgresql | rabbitmq-server) systemctl disable --quiet "$package" || true ;;
        esac
    done
fi
