#!/bin/sh
# Runs a command with a libvirt daemon of its own, which sees the simulated machine; virsh needs no further option:
#
#   ./apvirt exec --uevents examples/machine.yaml -- examples/libvirt.sh virsh nodedev-list --tree
#   ./apvirt exec --uevents examples/machine.yaml -- examples/libvirt.sh --guests bash
#
# With --guests it runs guests too, whose <emulator> is /run/qemu-system-s390x, that of libexec/apvirt; else it knows devices only.
#
# The daemon writes to /run/libvirt and /var; in this namespace those are made layers that vanish with it. The daemon that
# the machine itself may run is neither seen nor touched. Needs libvirt's daemon, its nodedev driver and virsh, 11 or newer;
# for guests the qemu driver, and libvirtd, not the daemons that it is split into.
set -eu

[ -n "${APVIRT_CTL:-}" ] || {
    echo "$0: start this by apvirt exec --uevents" >&2
    exit 2
}
guests=
[ "${1:-}" != --guests ] || { guests=yes && shift; }
[ $# -gt 0 ] || set -- virsh

mkdir -p /run/libvirt /run/apvirt.upper /run/apvirt.work
mount -t tmpfs -o mode=755 tmpfs /run/libvirt
mount -t overlay -o lowerdir=/var,upperdir=/run/apvirt.upper,workdir=/run/apvirt.work,userxattr overlay /var
mkdir -p /etc/mdevctl.d

daemon=libvirtd socket=/run/libvirt/libvirt-sock uri='nodedev:///system?mode=legacy'
if [ -n "$guests" ]; then
    uri='qemu:///system?mode=legacy'
    root=$(cd "$(dirname "$0")/.." && pwd)
    ln -sf "$root/libexec/apvirt/qemu-system-s390x" /run/qemu-system-s390x
    # Control groups can be seen, not made.
    awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts | while read -r group; do umount -l "$group"; done
    # QEMU is to reach the socket of the machine, which is ours. There is no virtlogd, and no profile for what the emulator does.
    mkdir -p /etc/libvirt
    printf '%s\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' 'stdio_handler = "file"' >/etc/libvirt/qemu.conf
    grep -q '^libvirt-qemu:' /etc/passwd || echo 'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
    grep -q '^libvirt-qemu:' /etc/group || echo 'libvirt-qemu:x:64055:' >>/etc/group
elif command -v virtnodedevd >/dev/null; then
    daemon=virtnodedevd socket=/run/libvirt/virtnodedevd-sock uri=nodedev:///system
fi
printf 'unix_sock_group = "%s"\nauth_unix_rw = "none"\n' "$(id -gn)" >/run/libvirt/daemon.conf
$daemon --config /run/libvirt/daemon.conf --pid-file /run/libvirt/daemon.pid 2>/run/libvirt/daemon.log &
pid=$!
# Once it has described a device, the daemon takes half a minute to end by itself. Nothing of it outlives the namespace, no guest either.
end() {
    for guest in /run/libvirt/qemu/*.pid; do
        [ ! -f "$guest" ] || kill "$(cat "$guest")"
    done
    kill $pid && sleep 0.5 && kill -KILL $pid
    wait $pid
}
trap '{ end; } 2>/dev/null || :' EXIT
trap 'exit 143' INT TERM HUP
for attempt in $(seq 100); do
    [ ! -S $socket ] || break
    [ -d /proc/$pid ] && [ "$attempt" -lt 100 ] || { cat /run/libvirt/daemon.log >&2; exit 1; }
    sleep 0.1
done
VIRSH_DEFAULT_CONNECT_URI=$uri "$@"
