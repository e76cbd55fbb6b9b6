#!/bin/sh
# Restarts a host that waits for it, as Debian and its relatives say it: /run/reboot-required is there. A host that does
# not wait for a restart fails, and is not restarted: leave it out.
#
#   mcom rollout start examples/rollouts/restart.toml
#
# The restart comes two seconds after the script has ended, so that its receipt is written. What restarts the host is
# MCOM_EXAMPLE_RESTART, or else `shutdown -r now`; it acts below MCOM_EXAMPLE_ROOT, or else below the home of the user
# that it runs as, where no such file is. MCOM_EXAMPLE_ROOT=/ makes it a real one.
set -eu

root=${MCOM_EXAMPLE_ROOT:-${HOME:?neither MCOM_EXAMPLE_ROOT nor HOME is set}}
required=${root%/}/run/reboot-required
restart=${MCOM_EXAMPLE_RESTART:-shutdown -r now}

if [ ! -e "$required" ]; then
    echo "no restart is due here" >&2
    exit 1
fi

echo "restarts in two seconds: $(uname -r)"
[ -z "${MCOM_RESULT:-}" ] || echo changed >"$MCOM_RESULT"
setsid sh -c "sleep 2; $restart" </dev/null >/dev/null 2>&1 &
