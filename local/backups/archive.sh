#!/bin/sh
# PostgreSQL's archive_command: keeps a WAL segment, and has a new base backup made when many have come.
#
#   archive.sh FOLDER LIMIT PG_BASEBACKUP PORT PATH          keep the segment PATH
#   archive.sh FOLDER LIMIT PG_BASEBACKUP PORT renew [HOW]   make a base backup of the running server
#
# The server starts it for each segment, as its own account, so it needs nothing but the system's programs. LIMIT is in
# KiB. What is kept bounds itself:
#
# - A base backup is made after each quarter of the limit in WAL. Then the oldest goes, with the WAL that only it needs,
#   while all is above the limit; the last one stays.
# - Where no base backup succeeds, or the disk is nearly full, or too many segments wait, segments are let go: a gap,
#   which whoever reads the archive sees by the missing name. A command that fails instead has the server keep its WAL
#   until the disk is full (PostgreSQL, "Continuous Archiving"). The next segment that is kept has a base backup made.
#
# A folder in base/ is named `<when it ended>_<first segment that it needs>`, and only when it is whole. Their order is
# that of the segments: a clock may be set back.
#
# It works in the server's data folder, as the server starts it.
set -u
umask 077
LC_ALL=C
export LC_ALL
folder=$1 limit=$2 program=$3 port=$4 path=$5 how=${6:-pg_basebackup}
keep_free=262144 # KiB of the disk that are left to others

say() { echo "archive: $*" >&2; }

bases() { ls "$folder/base" 2>/dev/null | sort -t _ -k 2; }

# KiB of the disk that are free.
free() { df -Pk "$folder" | awk 'NR == 2 { print $4 }'; }

# KiB that a base backup takes: those of the cluster without its WAL.
cluster() { { du -sk . && du -sk pg_wal; } 2>/dev/null | awk 'NR == 1 { n = $1 } NR == 2 { n -= $1 } END { print n + 0 }'; }

# Size in KiB on the disk and name of each file of WAL; the rest of a segment that was switched early takes nothing.
segments() { (cd "$folder/wal" && du -k -- ????????????????????????* 2>/dev/null); }

# The first segment that a base backup needs, without its timeline.
first() { sed 's/.*_........//'; }

# KiB of WAL since the newest base backup, or since the one that is being made was begun; of all where there is none.
since() {
    from=$(cat "$folder/renewing/from" 2>/dev/null || bases | tail -n 1 | first)
    segments | awk -v first="$from" 'substr($2, 9, 16) >= first "" { n += $1 } END { print n + 0 }'
}

keep() {
    name=${path##*/} target=$folder/wal/${path##*/} part=$folder/wal/.${path##*/}.part
    if [ -e "$target" ]; then
        cmp -s "$path" "$target" && return 0
        later "$target is there with another content and stays: no segment is overwritten"
        return
    fi
    kept=$(since)
    if [ "$kept" -gt "$limit" ] || [ "$(free)" -lt "$keep_free" ]; then
        say "$name is let go: $kept KiB of WAL came since the last base backup, or the disk is nearly full; a gap begins"
        touch "$folder/gap" 2>/dev/null
        renew_aside
        return 0
    fi
    # Blocks of zeros are left out where cp can do that. On disk before it has its name.
    if ! { { cp --sparse=always "$path" "$part" 2>/dev/null || cp "$path" "$part"; } && sync "$part" && mv "$part" "$target" &&
        sync "$folder/wal"; }; then
        rm -f "$part" # a disk that is full would stay so
        later "$target cannot be written"
        return
    fi
    if [ $((4 * kept)) -gt "$limit" ] || [ -e "$folder/gap" ]; then renew_aside; fi
    return 0
}

# Have the server try the segment again, for the reason given, until too many wait.
later() {
    waiting=$(ls "${path%/*}/archive_status" | grep -c '\.ready$')
    if [ $((waiting * 16384)) -lt "$limit" ]; then
        say "$1; it is tried again"
        return 1
    fi
    say "$1, and $waiting segments wait: it is let go; a gap begins"
    touch "$folder/gap" 2>/dev/null
    return 0
}

# Apart: the server waits for this process, and a base backup for the server's next segment.
renew_aside() {
    PGPASSFILE=$folder/pgpass PGSSLMODE=disable PGGSSENCMODE=disable \
        nohup sh "$0" "$folder" "$limit" "$program" "$port" renew </dev/null >/dev/null &
}

# One at a time; what a killed one has left is no longer anybody's after an hour, or when its process is gone.
renew() {
    lock=$folder/renewing fresh=$folder/base/.new.part
    if ! mkdir "$lock" 2>/dev/null; then
        pid=$(cat "$lock/pid" 2>/dev/null)
        [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ -z "$(find "$lock" -prune -mmin +60)" ] && return 0
        touch "$lock"
    fi
    echo $$ >"$lock/pid"
    needed=$(($(cluster) + keep_free))
    if [ "$(free)" -lt "$needed" ]; then
        say "no base backup is made: it takes $needed KiB of the disk with those that are left free"
        rm -rf "$lock"
        return 1
    fi
    segments | awk '{ print substr($2, 9, 16) }' | sort | tail -n 1 >"$lock/from"
    owed=$(ls "$folder/gap" 2>/dev/null)
    rm -rf "$fresh" "$folder/gap"
    # Without WAL of its own it ends when all that it needs is in the archive (PostgreSQL, pg_basebackup, -X).
    if "$program" -D "$fresh" -Ft -h 127.0.0.1 -p "$port" -U rdsrepladmin -X none -c fast --no-verify-checksums --no-manifest &&
        [ ! -e "$folder/gap" ]; then # what it needs of a segment that was let go the server takes for archived
        begins=$(tar -xOf "$fresh/base.tar" backup_label | sed -n '1s/.*(file \([0-9A-F]*\)).*/\1/p')
        ended=$(date -u +%Y%m%dT%H%M%S.%6NZ)
        case $ended in
        *NZ) # no fractions in this date: the next second is surely after the end
            sleep 1
            ended=$(date -u +%Y%m%dT%H%M%S.000000Z)
            ;;
        esac
        echo "$how" >"$fresh/how"
        mv "$fresh" "$folder/base/${ended}_$begins"
        prune
        done=0
    else
        rm -rf "$fresh"
        [ -z "$owed" ] || touch "$folder/gap"
        done=1
    fi
    rm -rf "$lock"
    return $done
}

prune() {
    while [ "$(bases | wc -l)" -gt 1 ] && [ "$(du -sk "$folder" | awk '{ print $1 }')" -gt "$limit" ]; do
        rm -rf "$folder/base/.gone.part"
        mv "$folder/base/$(bases | head -n 1)" "$folder/base/.gone.part"
        segments | awk -v first="$(bases | head -n 1 | first)" 'substr($2, 9, 16) < first "" { print $2 }' |
            while read -r gone; do rm -f "$folder/wal/$gone"; done
        rm -rf "$folder/base/.gone.part"
    done
}

if [ "$path" = renew ]; then renew; else keep; fi
