#!/bin/sh
# Runs a command with a libvirt daemon of its own, which sees the simulated machine; virsh needs no further option:
#
#   ./apvirt exec --uevents examples/machine.yaml -- examples/libvirt.sh virsh nodedev-list --tree
#   ./apvirt exec --uevents examples/machine.yaml -- examples/libvirt.sh bash
#
# The daemon writes to /run/libvirt and /var; in this namespace those are made layers that vanish with it. The daemon that
# the machine itself may run is neither seen nor touched. Needs libvirt's daemon, its nodedev driver and virsh, 11 or newer.
set -eu

[ -n "${APVIRT_CTL:-}" ] || {
    echo "$0: start this by apvirt exec --uevents" >&2
    exit 2
}
[ $# -gt 0 ] || set -- virsh

mkdir -p /run/libvirt /run/apvirt.upper /run/apvirt.work
mount -t tmpfs -o mode=755 tmpfs /run/libvirt
mount -t overlay -o lowerdir=/var,upperdir=/run/apvirt.upper,workdir=/run/apvirt.work,userxattr overlay /var
mkdir -p /etc/mdevctl.d

if command -v virtnodedevd >/dev/null; then
    daemon=virtnodedevd socket=/run/libvirt/virtnodedevd-sock uri=nodedev:///system
else
    daemon=libvirtd socket=/run/libvirt/libvirt-sock uri='nodedev:///system?mode=legacy'
fi
printf 'unix_sock_group = "%s"\nauth_unix_rw = "none"\n' "$(id -gn)" >/run/libvirt/daemon.conf
$daemon --config /run/libvirt/daemon.conf --pid-file /run/libvirt/daemon.pid 2>/run/libvirt/daemon.log &
pid=$!
# Once it has described a device, the daemon takes half a minute to end by itself. Nothing of it outlives the namespace.
trap '{ kill $pid && sleep 0.5 && kill -KILL $pid; wait $pid; } 2>/dev/null || :' EXIT
for attempt in $(seq 100); do
    [ ! -S $socket ] || break
    [ -d /proc/$pid ] && [ "$attempt" -lt 100 ] || { cat /run/libvirt/daemon.log >&2; exit 1; }
    sleep 0.1
done
VIRSH_DEFAULT_CONNECT_URI=$uri "$@"
