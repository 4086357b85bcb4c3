#!/bin/sh
# Runs in a guest of crypto-programs: Debian's openssl by itself, with the ibmca provider, and with opencryptoki's ICA
# token. A line that counts begins with "told:"; what else is printed is for whoever looks for a failure.
export HOME=/tmp LD_LIBRARY_PATH=/lib:/usr/lib/s390x-linux-gnu/opencryptoki OPENSSL_MODULES=/usr/lib/s390x-linux-gnu/ossl-modules
mkdir -p /tmp /dev/shm
mount -t tmpfs tmpfs /dev/shm
cd /tmp || exit 1
head -c 4096 /dev/urandom >data

requests() { cat /sys/devices/ap/card05/request_count; }

# Prints how often the card did what libica counts, and begins to count anew. icastats has the card before the first bar.
counts() {
    icastats | sed -n 's/^ *\(EC[^|]*\|RSA-CRT *\)| *\([1-9][0-9]*\) *|.*/\1: \2/p' | sed "s/ *:/:/; s/^/told: $1 /"
    icastats | sed -n 's/^ *\(EC[^|]*\|RSA-CRT *\)|[^|]*| *\([1-9][0-9]*\) *$/told: not on the card: \1 \2/p'
    icastats -r
}

# Changes the last bit of a file.
flip() {
    last=$(tail -c 1 "$1" | od -An -tu1)
    printf '%b' "\\0$(printf %o $((last ^ 1)))" | dd of="$1" bs=1 seek=$(($(wc -c <"$1") - 1)) conv=notrunc 2>/dev/null
}

# Signs data, verifies, and verifies a changed signature.  sign LABEL PRIVATE-KEY PUBLIC-KEY
sign() {
    openssl dgst -sha256 -sign "$2" -out sig data
    echo "told: $1 $(openssl dgst -sha256 -verify "$3" -signature sig data)"
    flip sig
    echo "told: $1 one bit: $(openssl dgst -sha256 -verify "$3" -signature sig data 2>/dev/null)"
}

echo "--- openssl by itself"
before=$(requests)
openssl dgst -sha256 -sign /rsa.pem -out rsa.sig data
[ "$(requests)" -gt "$before" ] && echo "told: RSA without a provider uses the card"

echo "--- ibmca"
export OPENSSL_CONF=/etc/openssl.cnf
openssl pkey -in /rsa.pem -pubout -out rsa.pub
counts unasked >/dev/null
for curve in P-256 brainpoolP256r1; do
    openssl genpkey -algorithm EC -pkeyopt group:$curve -out $curve.pem
    openssl pkey -in $curve.pem -pubout -out $curve.pub
    sign $curve $curve.pem $curve.pub
    [ $curve = P-256 ] || continue
    openssl genpkey -algorithm EC -pkeyopt group:$curve -out other.pem
    openssl pkey -in other.pem -pubout -out other.pub
    openssl pkeyutl -derive -inkey $curve.pem -peerkey other.pub -out one
    openssl pkeyutl -derive -inkey other.pem -peerkey $curve.pub -out two
    cmp one two && echo "told: $curve one secret"
done
sign RSA /rsa.pem rsa.pub
counts ibmca

echo "--- opencryptoki"
unset OPENSSL_CONF
printf 'root:x:0:0::/:/bin/sh\npkcsslotd:x:100:100::/:/bin/sh\n' >/etc/passwd
printf 'root:x:0:\npkcs11:x:100:root,pkcsslotd\n' >/etc/group
state=/var/lib/opencryptoki locks=/var/lock/opencryptoki logs=/var/log/opencryptoki
mkdir -p $state/lite/TOK_OBJ $state/HSM_MK_CHANGE $locks $logs /run/opencryptoki
ln -s /run /var/run
chown -R 0:100 $state $locks $logs
chmod -R 770 $state $locks $logs
chown 100:100 /run/opencryptoki
sed -n '/^version/p; /^slot 1$/,/^}/p' /etc/opencryptoki/opencryptoki.conf >conf
cp conf /etc/opencryptoki/opencryptoki.conf
chown 0:100 /etc/opencryptoki/*.conf
chmod 640 /etc/opencryptoki/*.conf
/usr/sbin/pkcsslotd
i=0; while [ ! -S /run/opencryptoki/pkcsslotd.socket ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done
echo apvirt | pkcsconf -I -c 1 -S 87654321 >/dev/null # its prompt has no line end
pkcsconf -P -c 1 -S 87654321 -n 76543210
pkcsconf -u -c 1 -S 76543210 -n 12345678
pkcsconf -t | sed -n 's/^[[:space:]]*\(Label\|Model\): *\([^ ]*\) *$/told: \1 \2/p'
pkcsconf -m -c 1 | sed -n 's/^.*\(CKM_EC[A-Z_]*\|CKM_RSA_PKCS\)[ )].*/told: \1/p'

p11() {
    verb=$1
    shift
    p11sak "$verb" "$@" --slot 1 --pin 12345678
}
p11 generate-key ec prime256v1 --label new
p11 list-key all | sed -n 's/^|.*| *\([a-z]* EC\) | "\(.*\)"$/told: \1 \2/p'
counts p11sak
p11 import-key rsa private --label rsa --file /rsa.pem
cat >p11.cnf <<'CNF'
openssl_conf = all
[all]
providers = loaded
[loaded]
default = by_itself
pkcs11 = token
[by_itself]
activate = 1
[token]
module = pkcs11.so
pkcs11-module-path = /usr/lib/s390x-linux-gnu/opencryptoki/libopencryptoki.so
pkcs11-module-token-pin = 12345678
activate = 1
CNF
openssl dgst -sha256 -binary -out hash data
# Signs by a key of the token and verifies by openssl alone.  token LABEL NAME PUBLIC-KEY
token() {
    OPENSSL_CONF=/tmp/p11.cnf openssl pkeyutl -sign -inkey "pkcs11:object=$2;type=private" -in hash -pkeyopt digest:sha256 -out sig
    echo "told: $1 $(openssl dgst -sha256 -verify "$3" -signature sig data)"
    flip sig
    echo "told: $1 one bit: $(openssl dgst -sha256 -verify "$3" -signature sig data 2>/dev/null)"
}
OPENSSL_CONF=/tmp/p11.cnf openssl pkey -in 'pkcs11:object=new:pub;type=public' -pubin -pubout -out new.pub
token token-EC new:prv new.pub
token token-RSA rsa rsa.pub
counts token
