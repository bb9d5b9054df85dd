#!/usr/bin/env bash
# All benchmarks of docs/performance.md on one frame: the kernels beside pyFAI, then end to end with a foreign sender
# (libzmq sends the frame 3,000 times as a DECTRIS Stream V2, xrdct run processes it).
#   bash tests/XrdCt.Live.Benchmarks/run.sh FRAME.cbf PONI MASK
set -eu
[ $# = 3 ] || { echo "usage: $0 FRAME.cbf PONI MASK" >&2; exit 2; }
frame=$(realpath "$1") poni=$(realpath "$2") mask=$(realpath "$3")
root=$(cd "$(dirname "$0")/../.." && pwd)
dotnet build "$root/XrdCt.Live.sln" -c Release --nologo -v quiet >/dev/null
"$root/.artifacts/bin/XrdCt.Live.Benchmarks/release/XrdCt.Live.Benchmarks" "$frame" "$poni" "$mask" 3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for filter in mean trimmed; do
  : >"$work/sender.log"
  (cd "$work" && exec /usr/bin/python3 -u "$root/tests/XrdCt.Live.EndToEnd.Tests/foreign/send_v2.py" \
    "$frame" --dtype int32 --images 3000 >"$work/sender.log") &
  sender=$!
  for _ in $(seq 600); do grep -q '^port' "$work/sender.log" && break; sleep 0.1; done
  cat >"$work/bench.yml" <<EOF
title: bench $filter
source: { endpoint: "tcp://127.0.0.1:$(awk '/^port/{print $2}' "$work/sender.log")" }
geometry: { poni: "$poni", mask: "$mask" }
integration: { unit: two_theta_deg, bins: 2048, filter: $filter }
scan: { order: translation-fast, translations: 60, rotations: 50, step_um: 10, range_deg: 180 }
channels: [ { name: total, kind: total } ]
roi: { radius_um: 50 }
EOF
  dotnet "$root/.artifacts/bin/XrdCt.Live.Server/release/xrdct.dll" run --config "$work/bench.yml" --port 0 --exit --json \
    --output "$work" >"$work/summary.json"
  wait "$sender"
  node -e '
    const s = JSON.parse(require("fs").readFileSync(process.argv[2]));
    console.log(`end to end, ${process.argv[1]}: ${s.rate_hz.toFixed(0)} frames/s (${s.counters.placed} of ${s.cells} placed; latency median ${s.latency_ms.toFixed(0)} ms)`);
  ' "$filter" "$work/summary.json"
done
