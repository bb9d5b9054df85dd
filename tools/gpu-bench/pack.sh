#!/usr/bin/env bash
# Packs the GPU benchmark for a machine that has a GPU but no .NET: a self-contained linux-x64 program with run.sh beside it.
#   bash tools/gpu-bench/pack.sh [OUTPUT.tar.xz]
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
output=$(realpath -m "${1:-xrdct-gpu-bench.tar.xz}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet publish "$root/tests/XrdCt.Live.Benchmarks" -c Release -r linux-x64 --self-contained true -m:1 --nologo -v quiet \
  -p:DebugType=none -o "$work/xrdct-gpu-bench/program"
cp "$here/run.sh" "$here/README.md" "$work/xrdct-gpu-bench/"
tar -C "$work" -cJf "$output" xrdct-gpu-bench
echo "$output ($(stat -c %s "$output") bytes)"
