# Sourced by the launchers: builds the Release programs when a source is newer than the last build. Says so on stderr.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
stamp="$root/.artifacts/release.stamp"

needs_build() {
  [ -f "$stamp" ] && [ -f "$1" ] || return 0
  [ -n "$(find "$root/src" "$root/simulators" "$root/config" "$root"/Directory.*.props "$root/.editorconfig" \
    \( -name node_modules -o -name dist \) -prune -o -type f -newer "$stamp" -print -quit)" ]
}

build_if_needed() {
  needs_build "$1" || return 0
  command -v dotnet >/dev/null || { echo "xrdct: the .NET 10 SDK (command dotnet) is not installed" >&2; exit 1; }
  mkdir -p "$root/.artifacts"
  (
    flock 9
    needs_build "$1" || exit 0
    echo "building XrdCt.Live (Release), once" >&2
    started=$(mktemp)
    output=$(dotnet build "$root/src/XrdCt.Live.Server/XrdCt.Live.Server.csproj" -c Release --nologo -v quiet 2>&1) ||
      { echo "$output" >&2; exit 1; }
    mv "$started" "$stamp"
  ) 9>"$root/.artifacts/build.lock" || exit 1
}
