#!/usr/bin/env bash
# Ends the simulated beamline that start.sh has started: simulators/tango/stop.sh [PORT [FOLDER]]
set -eu
port=${1:-11000}
folder=${2:-${TMPDIR:-/tmp}/xrdct-beamline}
pid_file="$folder/beamline-$port.pid"
[ -f "$pid_file" ] || { echo "no beamline was started on port $port ($pid_file is not there)" >&2; exit 1; }
kill "$(cat "$pid_file")" 2>/dev/null || true
rm -f "$pid_file"
