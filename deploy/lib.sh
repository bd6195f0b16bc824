# Shell helpers of the scripts in this folder; they source it, nothing runs it.
#
# A process that a script starts is remembered in DIR/run/NAME.pid as "PID START", START being the kernel's start time
# of that process. It is only ever stopped when both still agree, so a process id that was given out again is safe.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
POSTGRES_BIN=/usr/lib/postgresql/15/bin
STOP_SECONDS=35  # a server drains within 30
# The services, and those of them that a node above schools runs.
mapfile -t SERVICES < <(sed -n 's|^import public "vivier/\([a-z]*\)/v1/.*|\1|p' "$ROOT/protos/vivier/services.proto")
PARENT_SERVICES=(access statistics)

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# The packages of the named needs that are absent. A Node.js from elsewhere brings its own npm.
missing_packages() {
  local need package
  while read -r need package _; do
    [[ " $* " == *" $need "* ]] || continue
    [[ $package == npm && -n $(command -v npm) ]] && continue
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || printf '%s\n' "$package"
  done < <(grep -v '^#' "$ROOT/deploy/packages") | sort -u
}

# install_packages NEED...: installs what is missing; fetches the list of packages only when apt knows too little.
install_packages() {
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || as_root=(sudo)
  say "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  local install=("${as_root[@]}" apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}")
  if ! apt-cache show "${missing[@]}" >/dev/null 2>&1 || ! "${install[@]}"; then
    "${as_root[@]}" apt-get update -q
    "${install[@]}"
  fi
}

# build TARGET...: configures and builds with the release preset; says how far it is.
build() {
  (cd "$ROOT" && quietly cmake --preset release && cmake --build --preset release --target "$@" 2>&1 | progress)
}

# quietly COMMAND...: what it says is shown only where it fails.
quietly() {
  local said
  said=$("$@" 2>&1) || { printf '%s\n' "$said" >&2; return 1; }
}

# Ninja's lines "[12/493] …" as one that is written over, or as one for each tenth where no terminal is, with the time that
# is left; all else as it comes.
progress() {
  local line start=$SECONDS done all left tenth=-1
  while IFS= read -r line; do
    if [[ $line != \[*/*\]* ]]; then printf '%s\n' "$line"; continue; fi
    IFS='[/]' read -r _ done all _ <<<"$line"
    left=$(((SECONDS - start) * (all - done) / (done > 0 ? done : 1)))
    line="Building: $done of $all, $(duration $left) left"
    if [[ -t 1 ]]; then
      printf '\r%s\033[K' "$line"
    elif ((done * 10 / all > tenth)); then
      tenth=$((done * 10 / all))
      say "$line"
    fi
  done
  [[ ! -t 1 || $tenth$start == -1 ]] || printf '\r\033[K'
}

# 90 s, or 12 min from two minutes on.
duration() { if (($1 < 120)); then printf '%d s' "$1"; else printf '%d min' $((($1 + 59) / 60)); fi; }

# The kernel's start time of a process, empty when there is none. Its name, in brackets, may hold spaces.
start_time() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  read -ra fields <<<"${stat##*) }"
  printf '%s' "${fields[19]}"
}

# remember DIR NAME PID
remember() {
  mkdir -p "$1/run"
  printf '%s %s\n' "$3" "$(start_time "$3")" >"$1/run/$2.pid"
}

# is_running DIR NAME: true while the remembered process lives; sets PID.
is_running() {
  local start
  PID=
  [[ -f $1/run/$2.pid ]] && read -r PID start <"$1/run/$2.pid" || return 1
  [[ -n $start && $(start_time "$PID") == "$start" && $(process_state "$PID") == [^Z] ]]
}

process_state() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  stat=${stat##*) }
  printf '%s' "${stat%% *}"
}

# ask DIR NAME [SIGNAL]: asks the remembered process to end.
ask() {
  is_running "$1" "$2" || return 0
  kill -s "${3:-TERM}" "$PID"
}

# await_end DIR NAME: waits until the process has ended, and insists after STOP_SECONDS.
await_end() {
  local tenths
  for ((tenths = 0; tenths < STOP_SECONDS * 10; tenths++)); do
    is_running "$1" "$2" || break
    sleep 0.1
  done
  if is_running "$1" "$2"; then
    say "$2 did not end within $STOP_SECONDS s, killing it"
    kill -s KILL "$PID"
  fi
  rm -f "$1/run/$2.pid"
}

# stop DIR NAME [SIGNAL]
stop() {
  ask "$@"
  await_end "$1" "$2"
}

# start DIR NAME COMMAND...: runs the command in the background with its output in DIR/logs/NAME.log.
start() {
  local directory=$1 name=$2
  shift 2
  mkdir -p "$directory/logs"
  setsid "$@" >>"$directory/logs/$name.log" 2>&1 </dev/null &
  remember "$directory" "$name" $!
}

# wait_until DIR NAME COMMAND...: waits up to 30 s for the command to succeed while process NAME lives.
wait_until() {
  local directory=$1 name=$2 tenths
  shift 2
  for ((tenths = 0; tenths < 300; tenths++)); do
    "$@" >/dev/null 2>&1 && return 0
    is_running "$directory" "$name" || break
    sleep 0.1
  done
  tail -n 20 "$directory/logs/$name.log" >&2
  die "$name did not start; its log is $directory/logs/$name.log"
}

# A TCP port of the loopback address that nothing listens on, from $1 upwards.
free_port() {
  local port
  for ((port = $1; port < $1 + 1000; port++)); do
    listens 127.0.0.1 "$port" || { printf '%s' "$port"; return; }
  done
  die "no free port from $1 on"
}

listens() { (: >"/dev/tcp/$1/$2") 2>/dev/null; }

# start_redis DIR: a private Redis on the socket DIR/redis/redis.sock, without a port and without a file. It asks for a
# password that is drawn at each start, DIR/redis/password; its configuration has it, so that no command line shows it.
start_redis() {
  local password
  mkdir -p "$1/redis"
  password=$(openssl rand -hex 32)
  (
    umask 077
    printf '%s\n' "$password" >"$1/redis/password"
    printf 'requirepass %s\n' "$password" >"$1/redis/redis.conf"
  )
  start "$1" redis redis-server "$1/redis/redis.conf" --port 0 --unixsocket "$1/redis/redis.sock" --unixsocketperm 700 --save '' \
    --appendonly no --maxmemory 256mb --maxmemory-policy allkeys-lru --dir "$1/redis"
  wait_until "$1" redis env REDISCLI_AUTH="$password" redis-cli -e -s "$1/redis/redis.sock" ping
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if ((EUID == 0)); then runuser -u postgres -- "$@"; else "$@"; fi
}

# start_postgres DIR [OPTION...]: a private PostgreSQL 15 in DIR/postgres, its socket there too, without a port. The
# conninfo is "host=DIR/postgres dbname=postgres user=postgres".
start_postgres() {
  local directory=$1 home=$1/postgres
  shift
  ((${#home} < 80)) || die "$home is too long a path for a unix socket"
  mkdir -p "$home"
  ((EUID == 0)) && chown postgres: "$home"
  as_postgres test -x "$home" || die "the user postgres cannot enter $home: choose another folder with --data"
  if [[ ! -f $home/data/PG_VERSION ]]; then
    as_postgres "$POSTGRES_BIN/initdb" -D "$home/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
  fi
  chmod 700 "$home"
  local server=("$POSTGRES_BIN/postgres" -D "$home/data" -c listen_addresses= -c "unix_socket_directories=$home"
    -c max_connections=200 "$@")
  ((EUID == 0)) && server=(setpriv --reuid=postgres --regid=postgres --init-groups "${server[@]}")
  (cd "$home" && start "$directory" postgres "${server[@]}")
  wait_until "$directory" postgres as_postgres "$POSTGRES_BIN/pg_isready" -h "$home"
}
