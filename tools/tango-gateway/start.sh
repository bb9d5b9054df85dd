#!/usr/bin/env bash
# Runs the Tango gateway in the foreground: tools/tango-gateway/start.sh CONFIGURATION
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
protos=$(cd "$here/../../src/XrdCt.Live.Gateway/Protos" && pwd)
wire=${XRDCT_GATEWAY_WIRE:-$here/../../.artifacts/tango-gateway}
python=${PYTHON:-/usr/bin/python3}

"$python" -c 'import tango, grpc, yaml, google.protobuf' 2>/dev/null || {
  echo "tango-gateway: $python lacks a module (Debian: apt-get install python3-tango python3-grpcio python3-protobuf python3-yaml)" >&2
  exit 1
}
if [ ! -f "$wire/tango_gateway_pb2_grpc.py" ] || [ "$protos/tango_gateway.proto" -nt "$wire/tango_gateway_pb2_grpc.py" ]; then
  command -v protoc >/dev/null && command -v grpc_python_plugin >/dev/null || {
    echo "tango-gateway: protoc is not installed (Debian: apt-get install protobuf-compiler protobuf-compiler-grpc)" >&2
    exit 1
  }
  mkdir -p "$wire"
  fresh=$(mktemp -d "$wire/XXXXXX")
  protoc -I "$protos" --python_out="$fresh" --grpc_out="$fresh" --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" tango_gateway.proto
  mv "$fresh"/tango_gateway_pb2.py "$fresh"/tango_gateway_pb2_grpc.py "$wire"
  rmdir "$fresh"
fi
PYTHONPATH="$here:$wire" exec "$python" -m tango_gateway "$@"
