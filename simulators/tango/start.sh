#!/usr/bin/env bash
# Starts the simulated beamline in the background and waits until every device answers.
#   simulators/tango/start.sh [PORT [FOLDER]]     port on 127.0.0.1 (11000), folder for the pid file and the log
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
port=${1:-11000}
folder=${2:-${TMPDIR:-/tmp}/xrdct-beamline}
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$folder"
pid_file="$folder/beamline-$port.pid"
log="$folder/beamline-$port.log"

if [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; then
  echo "the beamline runs already on port $port (process $(cat "$pid_file")): simulators/tango/stop.sh $port ends it" >&2
  exit 1
fi

"$python" -c 'import tango' 2>/dev/null || { echo "$python has no PyTango (Debian: apt-get install python3-tango)" >&2; exit 1; }
(cd "$here" && exec nohup "$python" -m beamline --port "$port") >"$log" 2>&1 &
echo $! >"$pid_file"
if ! (cd "$here" && "$python" -m beamline --port "$port" --ready 20); then
  echo "the beamline does not answer on port $port; its log is $log" >&2
  kill "$(cat "$pid_file")" 2>/dev/null || true
  rm -f "$pid_file"
  exit 1
fi
(cd "$here" && "$python" -m beamline --port "$port" --list)
