#!/bin/sh
# Says whether nginx is well on a host: exit 0 healthy, 75 cannot say, anything else sick. The last line that it prints
# is what the operator reads. It changes nothing, asks nothing of the change itself, so that it can be asked of hosts
# that were not touched, and passes on a host that has no nginx.
#
#   mcom -h "mail[1-10]-(dc1|dc2)" -s examples/rollouts/check-nginx.sh
set -eu

root=${MCOM_EXAMPLE_ROOT:-${HOME:?neither MCOM_EXAMPLE_ROOT nor HOME is set}}
pid_file=${root%/}/run/nginx.pid
log=${root%/}/var/log/nginx/error.log

sick() {
    echo "$1"
    exit 1
}

cannot_say() {
    echo "$1"
    exit 75
}

# A host that is being serviced says nothing about a change.
[ ! -e "${root%/}/etc/nginx/maintenance" ] || cannot_say "in maintenance: $(cat "${root%/}/etc/nginx/maintenance")"

if [ -e "$pid_file" ]; then
    [ -r "$pid_file" ] || cannot_say "$pid_file cannot be read by $(id -un)"
    [ -d "/proc/$(cat "$pid_file")" ] || sick "nginx does not run: process $(cat "$pid_file") is gone"
fi

if [ -e "$log" ]; then
    [ -r "$log" ] || cannot_say "$log cannot be read by $(id -un)"
    grave=$(tail -n 50 "$log" | grep -E '\[(emerg|alert|crit)\]' | tail -n 1) || grave=
    [ -z "$grave" ] || sick "$grave"
fi

echo "nginx is well"
