# Finds, signals and ends the processes of a test fleet, by pid. Fed to `sh -c` by sweep.rs:
#   list PREFIX           the pids of every process below PREFIX (the folder of a fleet or of one host, with its slash)
#   sshds PREFIX          only its sshd processes, listeners and sessions
#   signal SIG PREFIX     sends SIG to them all
#   end PREFIX            kills until none is left
#   down DIR              ends the fleet in DIR and removes the folder
#   guard DIR             waits until its standard input closes (its owner is gone, however it ended), then does `down`

# An sshd overwrites its environment with its title, so it is known by its standard error, which is its host's log.
sshds() {
    find /proc/[0-9]*/fd/2 -maxdepth 0 -lname "$1*sshd.log" 2>/dev/null | cut -d/ -f3
}

# What a host started carries MCOM_SPOOL, what was started for the fleet as a whole carries MCOM_TESTBED.
marked() {
    grep -lzF -e "MCOM_SPOOL=$1" -e "MCOM_TESTBED=$1" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}

list() {
    { sshds "$1"; marked "$1"; } | sort -un | grep -vx -e "$$" -e "${OWNER:-none}"
}

end() {
    round=0
    while [ $round -lt 250 ]; do
        pids=$(list "$1")
        [ -n "$pids" ] || return 0
        # Unquoted: one argument each.
        kill -KILL $pids 2>/dev/null
        round=$((round + 1))
        sleep 0.02
    done
    echo "still there: $pids" >&2
    return 1
}

down() {
    [ -e "$1/.mcom-testbed" ] || return 0
    end "$1/"
    while read -r _ mount _; do
        case $mount in "$1"/*) umount -l "$mount" ;; esac
    done </proc/mounts
    # The marker goes last: as long as it stands, there is something to bring down.
    find "$1" -mindepth 1 -maxdepth 1 ! -name .mcom-testbed -exec rm -rf {} +
    rm -rf "$1"
}

case $1 in
list) list "$2" ;;
sshds) sshds "$2" ;;
signal) pids=$(list "$3") && kill "-$2" $pids ;;
end) end "$2" ;;
down) down "$2" ;;
guard)
    trap '' INT TERM HUP PIPE
    while read -r _; do :; done
    down "$2"
    ;;
esac
