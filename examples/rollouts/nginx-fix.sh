#!/bin/sh
# Tightens nginx's TLS, safely and as often as you like: back up with the change number, edit a temporary copy, compare
# checksums, validate, and only then move the copy into place and have nginx read it. A second run says "unchanged".
#
#   mcom rollout start examples/rollouts/try.toml
#
# It acts below MCOM_EXAMPLE_ROOT, or else below the home of the user that it runs as, so that it can be tried on any
# host, with nginx or without. MCOM_EXAMPLE_ROOT=/ makes it a real one.
set -eu

root=${MCOM_EXAMPLE_ROOT:-${HOME:?neither MCOM_EXAMPLE_ROOT nor HOME is set}}
file=${root%/}/etc/nginx/conf.d/tls.conf
pid_file=${root%/}/run/nginx.pid
# The change number may hold anything; in a file name only some of it is welcome.
change=$(printf '%s' "${MCOM_REASON:-no-change-number}" | tr -c 'A-Za-z0-9._-' '_')
backup=$file.$change.bak

# Sets a directive in the copy: the line is replaced where there is one, and added where there is none.
set_directive() {
    if grep -q "^$1 " "$copy"; then
        sed -i "s|^$1 .*|$1 $2;|" "$copy"
    else
        echo "$1 $2;" >>"$copy"
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

# nginx's own check, where there is nginx; elsewhere that each line is a comment or a whole directive.
validate() {
    if command -v nginx >/dev/null 2>&1; then
        printf 'events {}\nhttp { include %s; }\n' "$1" >"$work/nginx.conf"
        nginx -t -q -g "error_log stderr; pid $work/pid;" -c "$work/nginx.conf"
    elif grep -vnE '^[[:space:]]*(#.*)?$|;[[:space:]]*$' "$1"; then
        echo "not a whole directive: the line above" >&2
        return 1
    fi
}

mkdir -p "${file%/*}"
copy=$(mktemp "$file.XXXXXX")
work=$(mktemp -d)
trap 'rm -rf "$copy" "$work"' EXIT
# A file that was not there is backed up as an empty one, and undone by removing it.
[ ! -e "$file" ] || cp -p "$file" "$copy"

set_directive ssl_protocols "TLSv1.2 TLSv1.3"
set_directive ssl_prefer_server_ciphers off
set_directive server_tokens off

if [ -e "$file" ] && [ "$(checksum "$file")" = "$(checksum "$copy")" ]; then
    echo "tls.conf is as it should be"
    report unchanged
    exit 0
fi

validate "$copy"
if [ ! -e "$backup" ]; then
    if [ -e "$file" ]; then cp -p "$file" "$backup"; else : >"$backup"; fi
fi
[ -e "$file" ] || chmod 644 "$copy"
mv "$copy" "$file"
echo "tls.conf changed, backup ${backup##*/}"
if [ -r "$pid_file" ]; then
    kill -HUP "$(cat "$pid_file")"
    echo "nginx reads it"
fi
report changed
