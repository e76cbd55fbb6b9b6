#!/bin/sh
# Reverts nginx-fix.sh: puts the backup of the same change number back and has nginx read it. Where that change did
# nothing, so does this; a second run says "unchanged".
#
#   mcom rollout undo
set -eu

root=${MCOM_EXAMPLE_ROOT:-${HOME:?neither MCOM_EXAMPLE_ROOT nor HOME is set}}
file=${root%/}/etc/nginx/conf.d/tls.conf
pid_file=${root%/}/run/nginx.pid
change=$(printf '%s' "${MCOM_REASON:-no-change-number}" | tr -c 'A-Za-z0-9._-' '_')
backup=$file.$change.bak

report() {
    if [ -n "${MCOM_RESULT:-}" ]; then
        echo "$1" >"$MCOM_RESULT"
    fi
}

if [ ! -e "$backup" ]; then
    echo "tls.conf has no backup of this change"
    report unchanged
    exit 0
fi

# An empty backup stands for a file that was not there.
if [ -s "$backup" ]; then
    mv "$backup" "$file"
    echo "tls.conf is as it was before"
else
    rm -f "$file" "$backup"
    echo "tls.conf is gone, as it was before"
fi
if [ -r "$pid_file" ]; then
    kill -HUP "$(cat "$pid_file")"
    echo "nginx reads it"
fi
report changed
