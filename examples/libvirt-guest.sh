# What a guest of .ci/s390x-guest runs as /run.sh: prints its cards, and again whenever there are others.
before=none
while :; do
    echo 1 >/sys/bus/ap/scans
    now=$(ls /sys/bus/ap/devices)
    [ "$now" = "$before" ] || lszcrypt
    before=$now
    sleep 1
done
