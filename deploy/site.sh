# One site on one machine, for up and down, which source it after lib.sh.
#
#   DIR/config.textproto   the configuration, the same for every process; written at each start
#   DIR/{keys,db}          what the services keep: keys, SQLite's files
#   DIR/clock              how far the site's clock is ahead of the machine's (docs/clock.md)
#   DIR/certificates       what deploy/certificates makes, where the site runs with TLS
#   DIR/postgres           the databases where the engine is PostgreSQL
#   DIR/redis              Redis's socket, and the password that it asks for
#   DIR/run/NAME.pid       who runs (lib.sh); DIR/run/SERVICE.PID.address where (written by the service)
#   DIR/logs/NAME.log      what it says
#   DIR/edge               nginx's files, where there is an edge: its certificate, and who may be trusted to be it
#   DIR/grand-est          the node above the school, laid out the same, with PARENT_SERVICES alone
#   DIR/codes              by which the school joined it; DIR/parents, what it is known by there since

PARENT=grand-est
NETWORK=local
# In the order of their start. Those of the parent are called after it: grand-est-statistics.
PROCESSES=("${PARENT_SERVICES[@]/#/$PARENT-}" "${SERVICES[@]}")
FIRST_PORT=7400
FIRST_EDGE_PORT=7443
VIVIER=$ROOT/build/vivier

site_is_running() {
  local name
  for name in redis postgres edge portal "${PROCESSES[@]}"; do is_running "$1" "$name" && return 0; done
  return 1
}

# Deletes what a site keeps, and nothing else that may lie in its folder.
empty_site() { rm -rf "${1:?}"/{config.textproto,clock,keys,certificates,db,postgres,redis,run,logs,edge,codes,parents,"$PARENT"}; }

declare -A ADDRESS=() METRICS=()

# start_site DIR ENGINE TLS: TLS is empty for plain text.
start_site() {
  local directory=$1 engine=$2 tls=$3 service
  mkdir -p "$directory"/{run,logs,keys}
  say "Starting Redis"
  start_redis "$directory"
  if [[ $engine == postgres ]]; then
    say "Starting PostgreSQL"
    chmod 711 "$directory"
    start_postgres "$directory"
  fi
  choose_addresses
  [[ -z $tls ]] || make_certificates "$directory"
  start_parent "$directory" "$tls"
  write_config "$directory" "$engine" "$tls"
  "$VIVIER" migrate --data "$directory"
  for service in "${SERVICES[@]}"; do start_service "$directory" "$service" "$service" "$directory"; done
  start_portal "$directory"
}

choose_addresses() {
  local process port=$FIRST_PORT
  for process in "${PROCESSES[@]}" portal; do
    port=$(free_port "$port")
    ADDRESS[$process]=127.0.0.1:$port
    port=$(free_port $((port + 1)))
    METRICS[$process]=127.0.0.1:$port
    port=$((port + 1))
  done
}

# The two sites have an authority each.
make_certificates() {
  say "Making certificates"
  "$ROOT/deploy/certificates" "$1/certificates" --network "$NETWORK" --school nancy
  "$ROOT/deploy/certificates" "$1/$PARENT/certificates" --network "$NETWORK" --school "$PARENT"
}

# The field `certificates` of a site in DIR, or of a parent there.
certificates_of() { printf 'certificates: "%s/certificates/current"\n' "$1"; }

# The node that sums schools up to a region. It knows the school as a member and gives it a code by which it joins.
start_parent() {
  local directory=$1/$PARENT tls=$2 service
  mkdir -p "$directory/run"
  {
    printf 'schools: "%s"\nnetwork: "%s"\ndevelopment: true\nengine: SQLITE\n' "$PARENT" "$NETWORK"
    [[ -z $tls ]] || certificates_of "$directory"
    for service in "${PARENT_SERVICES[@]}"; do peer "$service" "$PARENT-$service"; done
  } >"$directory/config.textproto"
  for service in "${PARENT_SERVICES[@]}"; do start_service "$1" "$PARENT-$service" "$service" "$directory"; done
  "$VIVIER" call AnnounceTimeZone --data "$directory" "{
    \"parent\": \"schools/$PARENT\", \"timeZone\": \"Europe/Paris\",
    \"requestId\": \"5f0c7c52-3d0e-4a58-8f4b-0f5d9f3e6b02\"}" >/dev/null
  "$VIVIER" call CreateMember --data "$directory" "{
    \"parent\": \"schools/$PARENT\", \"memberId\": \"nancy\",
    \"member\": {\"title\": \"Nancy\", \"agreementStartDate\": {\"year\": 2026, \"month\": 1, \"day\": 1}},
    \"requestId\": \"0b5d5f1e-5a0f-4c3e-9a64-0c6f0f2c9a01\"}" >/dev/null
  (
    umask 077
    mkdir -p "$1/codes"
    "$VIVIER" call IssueJoinCode --data "$directory" "{
      \"name\": \"schools/$PARENT/members/nancy\", \"requestId\": \"4e1f0a52-8d0c-4a52-9a8a-0d3c1f6f7a04\"}" |
      sed -n 's/.*"secret": *"\([^"]*\)".*/\1/p' >"$1/codes/nancy"
  )
}

# peer SERVICE PROCESS
peer() { printf 'peers { service: "%s" address: "%s" }\n' "$1" "${ADDRESS[$2]}"; }

# write_config DIR ENGINE TLS: a vivier.config.v1.Config.
write_config() {
  local directory=$1 engine=$2 tls=$3 service
  {
    printf '# Written by deploy/up at each start.\n'
    printf 'schools: "nancy"\nnetwork: "%s"\ndevelopment: true\n' "$NETWORK"
    [[ -z $tls ]] || certificates_of "$directory"
    printf 'engine: %s\n' "${engine^^}"
    [[ $engine != postgres ]] || printf 'postgres: "host=%s/postgres dbname=postgres user=postgres"\n' "$directory"
    printf 'redis: "unix:%s/redis/redis.sock"\nredis_password_file: "%s/redis/password"\n' "$directory" "$directory"
    for service in "${SERVICES[@]}"; do peer "$service" "$service"; done
    printf 'parents { name: "schools/%s" address: "%s" join_codes: "%s/codes" ' "$PARENT" \
      "${ADDRESS[$PARENT-statistics]}" "$directory"
    [[ -z $tls ]] || certificates_of "$directory/$PARENT"
    printf '}\n'
  } >"$directory/config.textproto"
}

# start_service DIR PROCESS SERVICE DATA
start_service() {
  local where=${ADDRESS[$2]}
  say "Starting $2 on $where"
  rm -f "$4/run/$3".*.address
  start "$1" "$2" "$VIVIER" serve "$3" --data "$4" --listen_address "$where" --metrics_address "${METRICS[$2]}"
  wait_until "$1" "$2" compgen -G "$4/run/$3.*.address"
}

# The gateway before the school's services, for whoever speaks HTTP and JSON.
start_portal() {
  local where=${ADDRESS[portal]}
  say "Starting portal on $where"
  start "$1" portal "$VIVIER" serve portal --data "$1" --web_listen_address "$where" --metrics_address "${METRICS[portal]}"
  wait_until "$1" portal listens "${where%:*}" "${where##*:}"
}

# nginx before the school's services, the way in for outsiders. Its certificate signs itself, for this run.
# start_edge DIR TLS: TLS is empty where the services talk in plain text.
start_edge() {
  local directory=$1 tls=$2 edge=$1/edge service
  ADDRESS[edge]=localhost:$(free_port "$FIRST_EDGE_PORT")
  say "Starting the edge on ${ADDRESS[edge]}"
  mkdir -p "$edge"
  (umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=edge \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$edge/edge.key" -out "$edge/edge.pem" 2>/dev/null)
  cp "$ROOT"/deploy/edge/{nginx,locations}.conf "$edge/"
  {
    if [[ $tls ]]; then inside_tls; else printf 'map "" $inside { default grpc; }\n'; fi
    for service in "${SERVICES[@]}"; do
      printf 'upstream %s { server %s; keepalive 32; keepalive_time 4m; }\n' "$service" "${ADDRESS[$service]}"
    done
    printf 'upstream portal { server %s; keepalive 32; }\n' "${ADDRESS[portal]}"
  } >"$edge/inside.conf"
  printf 'listen 127.0.0.1:%s ssl http2;\nssl_certificate edge.pem;\nssl_certificate_key edge.key;\n' \
    "${ADDRESS[edge]##*:}" >"$edge/outside.conf"
  start "$directory" edge nginx -p "$edge" -c "$edge/nginx.conf" -g 'daemon off;'
  wait_until "$directory" edge listens 127.0.0.1 "${ADDRESS[edge]##*:}"
}

# How the edge speaks to services that know each other by certificates.
inside_tls() {
  cat <<'END'
map "" $inside { default grpcs; }
grpc_ssl_certificate ../certificates/current/edge.pem;
grpc_ssl_certificate_key ../certificates/current/edge.key;
grpc_ssl_trusted_certificate ../certificates/current/authorities.pem;
grpc_ssl_verify on;
grpc_ssl_name localhost;
END
}

# Shows a call that comes in as an outsider's does.
call_through_edge() {
  local words=(call GetSchool '{"name": "schools/nancy"}' --data "$1"
    --edge "${ADDRESS[edge]}" --edge_authority "$1/edge/edge.pem")
  say ""
  say "Through the edge: build/vivier ${words[*]@Q}"
  "$VIVIER" "${words[@]}"
}

# The page that deploy/up ends with: the story's figures, who may try what with which token, where all is.
print_page() {
  local data=$1 process
  say ""
  say "NANCY'S STORY, told to its end; step by step in $data/logs/story.log"
  say ""
  awk '/^  / { table = table $0 "\n"; next } /^[^{]/ { table = "" } END { printf "%s", table }' "$data/logs/story.log"
  say ""
  say "WHO MAY TRY IT"
  say ""
  print_role "$data" school_director enrolment '{"parent": "schools/nancy"}' ListCohorts
  print_role "$data" admissions_officer enrolment '{"parent": "schools/nancy/cohorts/ia-2027"}' ListApplications
  print_role "$data" trainer enrolment '{"parent": "schools/nancy/cohorts/ia-2027"}' ListAttendanceSheets
  print_role "$data" finance_officer funding '{"parent": "schools/nancy"}' ListInvoices
  print_role "$data" partner_manager partners '{"parent": "schools/nancy"}' ListCompanies
  print_role "$data/$PARENT" network_coordinator "$PARENT-statistics" "{\"parent\": \"schools/$PARENT\"}" ListMembers
  say "WHERE IT IS"
  say ""
  for process in "${PROCESSES[@]}"; do
    printf '  %-22s %-16s metrics http://%s/metrics\n' "$process" "${ADDRESS[$process]}" "${METRICS[$process]}"
  done
  printf '  %-22s http://%s   metrics http://%s/metrics\n' portal "${ADDRESS[portal]}" "${METRICS[portal]}"
  [[ ! -v ADDRESS[edge] ]] || printf '  %-22s %s\n' edge "${ADDRESS[edge]}"
  say ""
  say "  How it is:    build/vivier status --data $data"
  say "  All commands: build/vivier help"
}

# print_role DATA ROLE PROCESS REQUEST METHOD: the address and a token of the role, good for twelve hours, and what to try.
print_role() {
  printf '  %-20s %s\n' "$2" "${ADDRESS[$3]}"
  printf "    build/vivier call %s '%s' --role %s --data %s\n" "$5" "$4" "$2" "$1"
  printf '    %s\n\n' "$("$VIVIER" token --role "$2" --data "$1")"
}

# The edge lets nobody in any more, then all services drain at once; what they rest on goes last.
stop_site() {
  local process
  stop "$1" edge QUIT
  stop "$1" portal
  for process in "${PROCESSES[@]}"; do ask "$1" "$process"; done
  for process in "${PROCESSES[@]}"; do await_end "$1" "$process"; done
  stop "$1" postgres INT
  stop "$1" redis
}

# Returns when one of the site's processes has ended by itself, with its last words.
watch_site() {
  local process watched=("${PROCESSES[@]}" portal)
  [[ ! -v ADDRESS[edge] ]] || watched+=(edge)
  while sleep 1; do
    for process in "${watched[@]}"; do
      is_running "$1" "$process" && continue
      tail -n 20 "$1/logs/$process.log" >&2
      die "$process ended by itself"
    done
  done
}
