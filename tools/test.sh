#!/usr/bin/env bash
# Runs all tests. Installs what they need from Debian where it can (root, apt-get); what is missing all the same is skipped
# by name. A test that fails is run once more by itself, and both are told: what fails only beside others was disturbed by
# the machine, what fails alone too has failed. Ends with one line: N passed, N failed, N skipped.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Foreign peers of the tests: libzmq, pyFAI, h5py, silx, scikit-image, a browser, and Tango with its database.
packages="python3-pyfai python3-silx python3-fabio python3-h5py python3-hdf5plugin bitshuffle python3-skimage python3-zmq python3-cbor2 python3-msgpack python3-lz4 chromium"
packages="$packages dbconfig-no-thanks tango-db tango-test mariadb-server mariadb-client python3-tango python3-grpcio python3-protobuf python3-yaml protobuf-compiler protobuf-compiler-grpc"
missing=""
if command -v dpkg-query >/dev/null; then
  for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing for the tests:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # Asked for by tango-common, which would wait for the answer.
    command -v debconf-set-selections >/dev/null && echo 'tango-common tango-common/tango-host string 127.0.0.1:10000' | debconf-set-selections
    apt-get -qq -o DPkg::Lock::Timeout=600 update >/dev/null &&
      # shellcheck disable=SC2086
      apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing >/dev/null && missing=""
  fi
  [ -z "$missing" ] || echo "not installed, tests that need them are skipped:$missing"
else
  echo "not a Debian system: tests whose foreign peer is not found are skipped"
fi

dotnet build XrdCt.Live.sln -c Release --nologo -v quiet || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }

passed=0 failed=0 skipped=0
count() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)); }
number() { sed -E "s/.*$2: ([0-9]+).*/\1/" <<<"$1"; }
totals() { grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+' "$1" | tail -1; }
told=""

for project in XrdCt.Live.Tests XrdCt.Live.EndToEnd.Tests; do
  echo "== $project"
  log="$results/$project.log"
  dotnet ".artifacts/bin/$project/release/$project.dll" -noColor -parallel collections -result-ctrf "$results/$project.json" >"$log" 2>&1
  status=$?
  grep -E '\[(FAIL|SKIP)\]' "$log" | sed 's/^ *//'
  if [ $status -ne 0 ]; then tail -n 200 "$log"; fi
  summary=$(totals "$log")
  if [ -z "$summary" ]; then
    echo "$project ended without a summary (exit code $status)"
    tail -n 50 "$log"
    count 0 1 0
    continue
  fi
  bad=$(($(number "$summary" Failed) + $(number "$summary" Errors)))
  # More than a few are no disturbance.
  if [ "$bad" -gt 0 ] && [ "$bad" -le 3 ] && [ "$(number "$summary" Errors)" = 0 ]; then
    for method in $(grep -E '\[FAIL\]' "$log" | sed -E 's/^ *([A-Za-z0-9_.]+).*/\1/' | sort -u); do
      rows=$(grep -F '[FAIL]' "$log" | grep -c -E "^ *$method[ (]")
      if dotnet ".artifacts/bin/$project/release/$project.dll" -noColor -method "$method" >"$results/alone.log" 2>&1 &&
        [ "$(number "$(totals "$results/alone.log")" Total)" -ge 1 ]; then
        told="$told"$'\n'"failed beside the others, passed alone: $method"
        bad=$((bad - rows))
      else
        told="$told"$'\n'"failed twice: $method"$'\n'"$(tail -n 40 "$results/alone.log")"
      fi
    done
  fi
  count $(($(number "$summary" Total) - bad - $(number "$summary" Skipped))) "$bad" "$(number "$summary" Skipped)"
  echo "$summary" | sed 's/^ *//'
done

echo "== the page (vitest)"
web=src/XrdCt.Live.Server/Display/web
if [ -d "$web/node_modules" ]; then
  (cd "$web" && npx vitest run --reporter=json --outputFile="$results/web.json" >"$results/web.log" 2>&1) || tail -n 60 "$results/web.log"
  if [ -f "$results/web.json" ]; then
    # shellcheck disable=SC2046
    count $(node -e 'const r = JSON.parse(require("fs").readFileSync(process.argv[1])); console.log(r.numPassedTests, r.numFailedTests + (r.success || r.numFailedTests ? 0 : 1), r.numPendingTests)' "$results/web.json")
  else
    count 0 1 0
  fi
else
  echo "skipped: the packages of the page are not restored (npm)"
  count 0 0 1
fi

if [ -n "$told" ]; then echo "== failures$told"; fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
