/*
 * verify.sh: checks an unpacked package with a POSIX shell and OpenSSL 3 alone. It stands in the package for reading; who checks
 * should use a copy of their own. What needs the samples (audio against the sealed blocks) only verbale-verify does.
 */
export const scriptText = String.raw`#!/bin/sh
# Usage: sh verify.sh FOLDER LOG_KEY [TSA_ROOTS.pem]
# FOLDER: the unpacked package. LOG_KEY and TSA_ROOTS must not come from the package.
set -eu
LC=$(env | sed -n 's/^LC_ALL=//p;s/^LANG=//p' | head -n 1)
case "$LC" in
it*) OK=verificato NO='NON VALIDO' SKIP='non controllato' END='Verificato, tranne l’audio rispetto ai blocchi sigillati: per quello serve verbale-verify.' ;;
fr*) OK=vérifié NO='NON VALIDE' SKIP='non contrôlé' END='Vérifié, sauf le son au regard des blocs scellés : il faut pour cela verbale-verify.' ;;
*) OK=verified NO='NOT VALID' SKIP='not checked' END='Verified, except the audio against the sealed blocks: verbale-verify does that.' ;;
esac
[ $# -ge 2 ] || { sed -n '2,3p' "$0"; exit 2; }
case "$1" in /*) D=$1 ;; *) D=$PWD/$1 ;; esac
KEY=$2
ROOTS=
[ $# -lt 3 ] || case "$3" in /*) ROOTS=$3 ;; *) ROOTS=$PWD/$3 ;; esac
W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
cd "$D"
die() { echo "$NO: $*"; exit 1; }
hash() { openssl dgst -sha256 -binary; }
unbase() { openssl base64 -d -A; }

# Public keys of logs from NAME+ID+BASE64(type, key); LOG_KEY may hold several, with spaces between them.
I=0
for K in $KEY; do
  I=$((I + 1))
  printf %s "$K" | cut -d+ -f1 > "$W/name.$I"
  printf %s "$K" | cut -d+ -f3- | unbase | tail -c 32 > "$W/key"
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; cat "$W/key"; } > "$W/key.der"
  openssl pkey -pubin -inform DER -in "$W/key.der" -out "$W/pem.$I" 2>/dev/null || die LOG_KEY
done
KEYS=$I

# A note: text, empty line, signature line. Writes the text to $2; true when a log signed it, whose name is then in NAME.
note() {
  sed '/^$/,$d' "$1" > "$2"
  I=0
  while [ "$I" -lt "$KEYS" ]; do
    I=$((I + 1))
    NAME=$(cat "$W/name.$I")
    grep -F -- "— $NAME " "$1" | head -n 1 | sed 's/.* //' | unbase | tail -c 64 > "$W/sig"
    openssl pkeyutl -verify -pubin -inkey "$W/pem.$I" -rawin -in "$2" -sigfile "$W/sig" > /dev/null 2>&1 && return 0
  done
  return 1
}

note META-INF/seal.note "$W/seal" || die META-INF/seal.note
sed 1d "$W/seal" > "$W/list"
while read -r H F; do
  [ "$(openssl dgst -sha256 -r "$F" 2> /dev/null | cut -d' ' -f1)" = "$H" ] || die "$F"
done < "$W/list"
cut -c67- "$W/list" | sort > "$W/named"
find . -type f | sed 's/^\.\///' | grep -v '^META-INF/seal.note$' | sort | cmp -s - "$W/named" || die '+/-'
echo "1 META-INF/seal.note: $OK"

sed -n 's/.*DataObjectReference URI="\([^"]*\)".*<ds:DigestValue>\([^<]*\)<.*/\1 \2/p' META-INF/ASiCManifest.xml > "$W/references"
while read -r F H; do
  [ "$(hash < "$F" | openssl base64 -A)" = "$H" ] || die "META-INF/ASiCManifest.xml: $F"
done < "$W/references"
echo "2 META-INF/ASiCManifest.xml: $OK"

for C in checkpoint*.txt; do
  note "$C" "$W/checkpoint" || die "$C"
  [ "$(sed -n 1p "$W/checkpoint")" = "$NAME" ] || die "$C"
  cp "$W/checkpoint" "$W/$C"
  echo "3 $C: $OK"
done

# Entry from salt and event (HMAC), then its place in the tree of N entries with root R of a checkpoint (RFC 6962).
for E in events/*.json; do
  B=$(printf %s "$E" | sed 's/\.json$//')
  M=$(openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(cat "$B.salt")" -binary "$E" | openssl base64 -A)
  { printf '\000'; printf 'verbale.dev/event/v1\n%s\n' "$M"; } | hash > "$W/h"
  I=$(sed -n '2s/^index //p' "$B.tlog-proof")
  sed '1,2d;/^$/,$d' "$B.tlog-proof" > "$W/proof"
  sed '1,/^$/d' "$B.tlog-proof" | sed '/^$/,$d' > "$W/text"
  for C in checkpoint*.txt; do cmp -s "$W/text" "$W/$C" && break; C=; done
  [ -n "$C" ] || die "$B.tlog-proof"
  N=$(sed -n 2p "$W/text")
  R=$(sed -n 3p "$W/text")
  L=$((N - 1))
  [ "$I" -le "$L" ] || die "$B.tlog-proof"
  while read -r P; do
    printf %s "$P" | unbase > "$W/s"
    [ "$L" -ne 0 ] || die "$B.tlog-proof"
    while [ $((I & 1)) -eq 0 ] && [ "$I" -eq "$L" ] && [ "$L" -ne 0 ]; do I=$((I >> 1)); L=$((L >> 1)); done
    if [ $((I & 1)) -eq 1 ]; then
      { printf '\001'; cat "$W/s" "$W/h"; } | hash > "$W/n"
    else
      { printf '\001'; cat "$W/h" "$W/s"; } | hash > "$W/n"
    fi
    mv "$W/n" "$W/h"
    I=$((I >> 1))
    L=$((L >> 1))
  done < "$W/proof"
  [ "$(openssl base64 -A < "$W/h")" = "$R" ] || die "$E"
done
echo "4 events/: $OK"

# Stamps, each at its own time: it outlives the certificate it was made with.
stamp() {
  G=$(openssl ts -reply -token_in -in "$2" -token_out -text 2> /dev/null | sed -n 's/^Time stamp: //p')
  A=$(date -u -d "$G" +%s 2> /dev/null || date -j -u -f '%b %e %T %Y %Z' "$G" +%s 2> /dev/null || date +%s)
  openssl ts -verify -data "$1" -in "$2" -token_in -CAfile "$ROOTS" -attime "$A" > "$W/ts" 2>&1 || die "$2"
  grep -q 'Verification: OK' "$W/ts" || die "$2"
  echo "5 $2: $OK ($G)"
}
for C in checkpoint*.txt META-INF/ASiCManifest.xml; do
  S=$(printf %s "$C" | sed 's/txt$/tst/;s/ASiCManifest.xml/timestamp.tst/')
  if [ -f "$S" ] && [ -n "$ROOTS" ]; then stamp "$C" "$S"; else echo "5 $S: $SKIP"; fi
done
echo "$END"
`
