# Starts the sshd of a host with mounts, and perhaps a name, of its own. Fed to `unshare ... sh -c` by host.rs:
#   NAME [SOURCE TARGET]... -- SSHD ARGUMENT...
# An empty NAME leaves the machine's. Every SOURCE is mounted over its TARGET for this host alone.
[ -z "$1" ] || echo "$1" >/proc/sys/kernel/hostname
shift
while [ "$1" != -- ]; do
    mount --bind "$1" "$2" || exit
    shift 2
done
shift
exec "$@"
