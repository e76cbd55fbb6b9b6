#!/bin/sh
# Turns on mandatory TLS in the mail relay's configuration, safely and as often as you like:
# back up with the change number, edit a temporary copy, compare checksums, and move the copy
# into place only where it differs. A second run says "unchanged" and touches nothing.
#
#   mcom -h "mail[1-100]-(dc1|dc2)" -s examples/fix.sh --reason CHG123
#
# It acts below MCOM_EXAMPLE_ROOT, or else below the home of the user that it runs as, so that
# it can be tried anywhere; a script of yours would name /etc.
set -eu

root=${MCOM_EXAMPLE_ROOT:-${HOME:?neither MCOM_EXAMPLE_ROOT nor HOME is set}}
file=$root/etc/mail/relay.conf
change=${MCOM_REASON:-no-change-number}

# Sets KEY in the copy: the line is replaced where there is one, and added where there is none.
set_key() {
    if grep -q "^$1 *=" "$copy"; then
        sed -i "s|^$1 *=.*|$1 = $2|" "$copy"
    else
        echo "$1 = $2" >>"$copy"
    fi
}

checksum() {
    cksum <"$1" | cut -d' ' -f1
}

report() {
    if [ -n "${MCOM_RESULT:-}" ]; then
        echo "$1" >"$MCOM_RESULT"
    fi
}

mkdir -p "${file%/*}"
[ -e "$file" ] || echo "# mail relay" >"$file"

copy=$(mktemp "$file.XXXXXX")
trap 'rm -f "$copy"' EXIT
cp -p "$file" "$copy"

set_key relay_host "relay.${MCOM_DC:-local}.example"
set_key tls required
set_key max_connections 200

if [ "$(checksum "$file")" = "$(checksum "$copy")" ]; then
    echo "relay.conf is as it should be"
    report unchanged
    exit 0
fi

# The change number may hold anything; in a file name only some of it is welcome.
backup=$file.$(printf '%s' "$change" | tr -c 'A-Za-z0-9._-' '_').bak
[ -e "$backup" ] || cp -p "$file" "$backup"
mv "$copy" "$file"
echo "relay.conf changed, backup ${backup##*/}"
sed 's/^/    /' "$file"
report changed
