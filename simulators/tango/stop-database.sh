#!/usr/bin/env bash
# Ends what start-database.sh has started, and waits for it: simulators/tango/stop-database.sh [FOLDER]
set -u
folder=${1:-${TMPDIR:-/tmp}/xrdct-tango}
for name in tangotest database sql; do
  [ -f "$folder/$name.pid" ] || continue
  server=$(cat "$folder/$name.pid")
  kill "$server" 2>/dev/null
  for _ in $(seq 200); do kill -0 "$server" 2>/dev/null || break; sleep 0.05; done
  rm -f "$folder/$name.pid"
done
