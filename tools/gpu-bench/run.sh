#!/usr/bin/env bash
# Runs the GPU benchmark from the folder that pack.sh packed, or unpacks an archive of it first; all other arguments go to the benchmark.
#   bash run.sh [xrdct-gpu-bench.tar.xz] [cuda|opencl|cpu] [--device N] [--small] [--seconds S]
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case "${1:-}" in
  *.tar.xz)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    tar -C "$work" -xJf "$1"
    here=$work/xrdct-gpu-bench
    shift
    ;;
esac

# Where the driver's libcuda.so.1 is no library that the system finds by itself.
if [ -n "${XRDCT_CUDA_DRIVER:-}" ]; then
  export LD_LIBRARY_PATH="$XRDCT_CUDA_DRIVER${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi

"$here/program/XrdCt.Live.Benchmarks" gpu "$@"
