#!/usr/bin/env bash
# Starts a Tango database of its own, without systemd and without touching one that is there, and TangoTest (sys/tg_test/1) in it:
#   simulators/tango/start-database.sh [PORT [FOLDER [SQL_PORT]]]
# on 127.0.0.1: PORT (10000) for Tango, SQL_PORT (PORT + 1) for MariaDB; FOLDER for data, pid files and logs. stop-database.sh ends all three.
set -eu
port=${1:-10000}
folder=${2:-${TMPDIR:-/tmp}/xrdct-tango}
sql_port=${3:-$((port + 1))}
schema=/usr/share/dbconfig-common/data/tango-db/install/mysql
fail() { echo "$1" >&2; "$(dirname "${BASH_SOURCE[0]}")/stop-database.sh" "$folder" >/dev/null 2>&1 || true; exit 1; }

for needed in /usr/lib/tango/DataBaseds /usr/lib/tango/TangoTest "$schema" /usr/sbin/mariadbd /usr/bin/mariadb-install-db /usr/bin/tango_admin; do
  [ -e "$needed" ] || { echo "$needed is missing (Debian: apt-get install --no-install-recommends dbconfig-no-thanks tango-db tango-test mariadb-server mariadb-client)" >&2; exit 1; }
done
mkdir -p "$folder"
chmod 700 "$folder"
folder=$(cd "$folder" && pwd)
# The path of a socket has 107 letters at most.
socket="$folder/sql.sock"
[ ${#socket} -le 107 ] || { echo "the path of the folder is too long for a socket: $folder" >&2; exit 1; }

until_ok() { # PID COMMAND...: every 50 ms while the process lives, for 30 s at most
  local server=$1 deadline=$((SECONDS + 30))
  shift
  while [ "$SECONDS" -lt "$deadline" ] && kill -0 "$server" 2>/dev/null; do
    timeout 5 "$@" >/dev/null 2>&1 && return 0
    sleep 0.05
  done
  return 1
}
sql() { mariadb --no-defaults --user=root --socket="$socket" "$@"; }

if [ ! -d "$folder/sql/tango" ]; then
  rm -rf "$folder/sql"
  mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$folder/sql" --auth-root-authentication-method=normal \
    --skip-test-db --innodb-log-file-size=4M >"$folder/install.log" 2>&1 || fail "MariaDB was not set up: $folder/install.log"
fi
nohup /usr/sbin/mariadbd --no-defaults --user="$(id -un)" --datadir="$folder/sql" --socket="$socket" --pid-file="$folder/sql.server" \
  --bind-address=127.0.0.1 --port="$sql_port" --skip-name-resolve --innodb-buffer-pool-size=32M --innodb-log-file-size=4M --innodb-flush-log-at-trx-commit=2 >"$folder/sql.log" 2>&1 &
echo $! >"$folder/sql.pid"
until_ok $! mariadb-admin --no-defaults --user=root --socket="$socket" ping || fail "MariaDB does not answer: $folder/sql.log"
if [ ! -d "$folder/sql/tango" ]; then
  { echo "create database tango; use tango;"; cat "$schema"; } | sql >"$folder/schema.log" 2>&1 ||
    fail "the tables of Tango were not made: $folder/schema.log"
fi
password=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
echo "create or replace user tango@'127.0.0.1' identified by '$password'; grant all on tango.* to tango@'127.0.0.1';
  delete from mysql.global_priv where User = 'root' and Host <> 'localhost'; flush privileges;" | sql >>"$folder/schema.log" 2>&1 || fail "the user of the database was not made: $folder/schema.log"

export TANGO_HOST="127.0.0.1:$port"
MYSQL_HOST="127.0.0.1:$sql_port" MYSQL_USER=tango MYSQL_PASSWORD="$password" MYSQL_DATABASE=tango nohup /usr/lib/tango/DataBaseds 2 -ORBendPoint "giop:tcp:127.0.0.1:$port" >"$folder/database.log" 2>&1 &
echo $! >"$folder/database.pid"
until_ok $! tango_admin --ping-database 1 || fail "the Tango database does not answer: $folder/database.log"
timeout 5 tango_admin --check-device sys/tg_test/1 >/dev/null 2>&1 || timeout 5 tango_admin --add-server TangoTest/test TangoTest sys/tg_test/1
nohup /usr/lib/tango/TangoTest test -ORBendPoint giop:tcp:127.0.0.1: >"$folder/tangotest.log" 2>&1 &
echo $! >"$folder/tangotest.pid"
until_ok $! tango_admin --ping-device sys/tg_test/1 || fail "TangoTest does not answer: $folder/tangotest.log"
echo "TANGO_HOST=$TANGO_HOST"
