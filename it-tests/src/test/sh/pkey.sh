#!/bin/sh
# Runs in a guest with the pkey modules: /dev/pkey and its attributes, before and after the master key changes. A line
# that counts begins with "told:".
for module in pkey pkey-cca pkey-ep11; do
    insmod /modules/$module.ko || echo "told: cannot load $module"
done
mkdir -p /tmp
cd /tmp || exit 1
attributes=/sys/devices/virtual/misc/pkey
tell() { label=$1; shift; echo "told: $label: $("$@" 2>&1)"; }
bytes() { dd if="$1" bs=1 skip="$2" count="$3" 2>/dev/null | od -An -tx1 | tr -d ' \n'; }
current() { sed -n "s/^AES CUR: valid 0x//p" /sys/bus/ap/devices/05.0004/mkvps; }

tell GENSECK pkey genseck 5 4 256 data
tell VERIFYKEY pkey verify data
tell CLR2SECK pkey clr2seck 5 4 000102030405060708090a0b0c0d0e0f one
tell CLR2SECK pkey clr2seck 5 4 000102030405060708090a0b0c0d0e0f two
cmp one two && echo "told: one clear key, one token"
pkey protect 5 4 one >protected
pkey protect 5 4 two | cmp - protected && echo "told: one clear key, one protected key of $(($(wc -c <protected) / 2 - 5)) bytes"
for type in 1 2 3; do
    apqn="5 4"
    [ $type = 3 ] && apqn="6 4"
    # shellcheck disable=SC2086 # card and domain
    {
        tell "GENSECK2 type $type" pkey genseck2 $apqn $type 256 generated$type
        tell "CLR2SECK2 type $type" pkey clr2seck2 $apqn $type 202122232425262728292a2b2c2d2e2f imported$type
        tell "VERIFYKEY2 type $type" pkey verify2 generated$type
        tell "VERIFYKEY2 type $type" pkey verify2 imported$type
        pkey protect3 $apqn imported$type >protected$type
    }
    cmp protected1 protected$type && echo "told: the protected key of type $type is that of type 1"
done
for attribute in ccadata/ccadata_aes_256 ccacipher/ccacipher_aes_256 ep11/ep11_aes_256; do
    cat $attributes/$attribute >attribute
    dd if=attribute of=first bs=1 count=$(($(wc -c <attribute))) 2>/dev/null
    tell "$attribute" pkey verify2 first
done
dd if=$attributes/ccadata/ccadata_aes_256 bs=64 count=1 of=first 2>/dev/null
[ "$(bytes first 8 8)" = "$(current)" ] && echo "told: the attribute's key has the pattern of mkvps"
echo "changed" | dd of=first bs=1 seek=20 conv=notrunc 2>/dev/null
tell "a changed token" pkey protect 5 4 first

echo "waiting for a new master key"
read -r _
tell "after one SET" pkey verify2 data
tell "after one SET" pkey verify data
pkey protect 5 4 one | cmp - protected && echo "told: the protected key is the same"
echo "waiting for another"
read -r _
tell "after two" pkey verify2 data
tell "after two, EP11" pkey verify2 generated3
