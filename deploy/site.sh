# One site on one machine, for up and down, which source it after lib.sh.
#
#   DIR/config/SERVICE.textproto   the configuration of each process, written at each start
#   DIR/data                       what the services keep: SQLite's files, keys
#   DIR/postgres                   the databases where the engine is PostgreSQL
#   DIR/redis                      Redis's socket
#   DIR/run/NAME.pid               who runs (lib.sh)
#   DIR/run/SERVICE.address        where a service listens
#   DIR/logs/NAME.log              what it says

# In the order of their start.
SERVICES=(curriculum enrolment funding partners statistics)
FIRST_PORT=7400
VIVIER=$ROOT/build/vivier

site_is_running() {
  local name
  for name in redis postgres "${SERVICES[@]}"; do is_running "$1" "$name" && return 0; done
  return 1
}

# Deletes what a site keeps, and nothing else that may lie in its folder.
empty_site() { rm -rf "${1:?}"/{config,data,postgres,redis,run,logs}; }

start_site() {
  local directory=$1 engine=$2 service
  mkdir -p "$directory"/{config,data,run,logs}
  say "Starting Redis"
  start_redis "$directory"
  if [[ $engine == postgres ]]; then
    say "Starting PostgreSQL"
    chmod 711 "$directory"
    start_postgres "$directory"
  fi
  choose_addresses "$directory"
  for service in "${SERVICES[@]}"; do write_config "$directory" "$engine" "$service"; done
  "$VIVIER" migrate --data "$directory/data" --config "$directory/config/${SERVICES[0]}.textproto"
  for service in "${SERVICES[@]}"; do start_service "$directory" "$service"; done
}

choose_addresses() {
  local service port=$FIRST_PORT
  for service in "${SERVICES[@]}"; do
    port=$(free_port "$port")
    printf '127.0.0.1:%s\n' "$port" >"$1/run/$service.address"
    port=$((port + 1))
  done
}

address() { cat "$1/run/$2.address"; }

# write_config DIR ENGINE SERVICE: a vivier.config.v1.Config.
write_config() {
  local directory=$1 engine=$2 service=$3 peer
  {
    printf '# Written by deploy/up at each start.\n'
    printf 'schools: "nancy"\n'
    printf 'network: "local"\n'
    printf 'development: true\n'
    printf 'listen_address: "%s"\n' "$(address "$directory" "$service")"
    printf 'engine: %s\n' "${engine^^}"
    [[ $engine != postgres ]] || printf 'postgres: "host=%s/postgres dbname=postgres user=postgres"\n' "$directory"
    printf 'redis: "unix:%s/redis/redis.sock"\n' "$directory"
    for peer in "${SERVICES[@]}"; do
      [[ $peer == "$service" ]] || printf 'peers { service: "%s" address: "%s" }\n' "$peer" "$(address "$directory" "$peer")"
    done
  } >"$directory/config/$service.textproto"
}

start_service() {
  local where
  where=$(address "$1" "$2")
  say "Starting $2 on $where"
  start "$1" "$2" "$VIVIER" serve "$2" --data "$1/data" --config "$1/config/$2.textproto"
  wait_until "$1" "$2" listens "${where%:*}" "${where#*:}"
}

print_site() {
  local service
  say ""
  for service in "${SERVICES[@]}"; do printf '  %-12s %s\n' "$service" "$(address "$1" "$service")"; done
  say ""
}

# All services drain at once; what they rest on goes last.
stop_site() {
  local service
  for service in "${SERVICES[@]}"; do ask "$1" "$service"; done
  for service in "${SERVICES[@]}"; do await_end "$1" "$service"; done
  stop "$1" postgres INT
  stop "$1" redis
}

# Returns when one of the site's services has ended by itself, with its last words.
watch_site() {
  local service
  while sleep 1; do
    for service in "${SERVICES[@]}"; do
      is_running "$1" "$service" && continue
      tail -n 20 "$1/logs/$service.log" >&2
      die "$service ended by itself"
    done
  done
}
