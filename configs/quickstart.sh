#!/bin/sh
# Runs the quickstart configuration in the foreground and says what to try.
# Usage: quickstart.sh BINARY
set -eu
binary=$(realpath "$1")
dir=/tmp/reactord-quickstart
mkdir -p "$dir/drop"
cat <<TEXT

  reactord runs in this terminal until you press Ctrl-C. In another one, try:

    echo hello > $dir/drop/hello.txt        a file is dropped: it is listed
    sleep 100 & echo \$! > $dir/worker.pid   a process to watch ...
    kill \$!                                 ... its end is told, with the signal
    $binary emit ticket 3                   "3 tickets"
    echo good morning > $dir/inbox          a line over a FIFO
    pkill -USR1 -x reactord                 a signal
    $binary status                          what all of it did

  and every ten seconds there is a tick. The rules are in configs/quickstart.yaml.

TEXT
exec "$binary" run --config "$(dirname "$0")/quickstart.yaml"
