#!/bin/sh
# Reports how full the file systems are, and fails on a host where one is above the limit:
#
#   mcom -h "mail[1-100]-(dc1|dc2)" -s examples/disk.sh -- 90
#
# It changes nothing.
set -eu

limit=${1:-90}

df -P -l -x tmpfs -x devtmpfs | awk -v limit="$limit" '
    NR > 1 {
        used = $5; sub("%", "", used)
        printf "%-20s %3d%%\n", $6, used
        if (used + 0 > limit) { over = over " " $6 }
    }
    END { if (over != "") { print "above " limit "%:" over; exit 1 } }
'
