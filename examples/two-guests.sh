#!/bin/sh
# Gives two guests their queues with the commands that an administrator types. Nothing here knows of apvirt:
#
#   ./apvirt exec examples/machine.yaml -- examples/two-guests.sh
#   ./apvirt exec --level linux-6.12 examples/machine.yaml -- examples/two-guests.sh masks
#
# Without argument the queues are bound to vfio_ap by hand, as kernels before 5.x wanted it; with `masks` they are
# reserved through apmask and aqmask, and mdevctl makes the mediated devices if it is installed.
set -eu

matrix=/sys/devices/vfio_ap/matrix
guest1=$(uuidgen 2>/dev/null || cat /proc/sys/kernel/random/uuid)
guest2=$(uuidgen 2>/dev/null || cat /proc/sys/kernel/random/uuid)

# Usage: by_hand QUEUE...
by_hand() {
    for queue; do
        echo "$queue" >/sys/bus/ap/drivers/cex4queue/unbind
        echo "$queue" >/sys/bus/ap/drivers/vfio_ap/bind
    done
}

# Usage: device UUID ADAPTERS DOMAINS
device() {
    if [ $mode = masks ] && command -v mdevctl >/dev/null; then
        mdevctl define -u "$1" -p matrix -t vfio_ap-passthrough
        for adapter in $2; do mdevctl modify -u "$1" --addattr=assign_adapter --value="$adapter"; done
        for domain in $3; do mdevctl modify -u "$1" --addattr=assign_domain --value="$domain"; done
        mdevctl start -u "$1"
    else
        echo "$1" >$matrix/mdev_supported_types/vfio_ap-passthrough/create
        for adapter in $2; do echo "$adapter" >"$matrix/$1/assign_adapter"; done
        for domain in $3; do echo "$domain" >"$matrix/$1/assign_domain"; done
    fi
}

mode=${1:-hand}
case $mode in
hand) by_hand 05.0004 05.00ab 06.0004 06.00ab 05.0047 05.00ff ;;
masks)
    # Whatever is in both masks stays with the host: take the two cards out.
    echo -5,-6 >/sys/bus/ap/apmask
    ;;
*)
    echo "usage: $0 [hand|masks]" >&2
    exit 2
    ;;
esac

device "$guest1" "5 6" "4 0xab"
device "$guest2" "5" "0x47 0xff"

echo "guest 1:" && cat "$matrix/$guest1/matrix"
echo "guest 2:" && cat "$matrix/$guest2/matrix"

# A queue has one owner: the same one again is refused, and nothing changes.
if echo 0x47 >"$matrix/$guest1/assign_domain"; then
    echo "two guests have 05.0047" >&2
    exit 1
fi 2>/dev/null
echo "05.0047 is not given to a second guest"
if command -v lszcrypt >/dev/null; then lszcrypt -V; fi
