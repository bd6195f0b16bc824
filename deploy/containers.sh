# podman and buildah where neither systemd nor a registry is at hand; sourced after lib.sh.

# limit RESOURCE MOST: their defaults ask for more than a container that they run in may have, and more than MOST the
# kernel may refuse.
limit() {
  local most
  most=$(ulimit "-H$1")
  if [[ $most == unlimited ]] || ((most > $2)); then most=$2; fi
  printf '%s:%s' "$most" "$most"
}

CONTAINERS_CONF=$(mktemp "${TMPDIR:-/tmp}/vivier-containers.XXXXXX")
export CONTAINERS_CONF
trap 'rm -f "$CONTAINERS_CONF"' EXIT
cat >"$CONTAINERS_CONF" <<CONF
[containers]
default_ulimits = ["nofile=$(limit n 1048576)", "nproc=$(limit u 32768)"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
CONF
