#!/bin/sh
# Prints what a host is, one fact a line, so that equal hosts fold together:
#
#   mcom -h "mail[1-100]-(dc1|dc2)" -s examples/facts.sh
set -eu

echo "kernel  $(uname -r)"
echo "machine $(uname -m)"
if [ -r /etc/os-release ]; then
    echo "system  $(. /etc/os-release && echo "$PRETTY_NAME")"
fi
echo "cpus    $(getconf _NPROCESSORS_ONLN)"
