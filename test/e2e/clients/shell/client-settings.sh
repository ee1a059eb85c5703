# With an authority the clients speak TLS and trust it like one that is installed for the whole machine.
scheme=http verify=false insecure=(--insecure) plain_http=(--plain-http)
if [ -n "${AUTHORITY:-}" ]; then
  scheme=https verify=true insecure=() plain_http=()
  export SSL_CERT_FILE=$AUTHORITY CURL_CA_BUNDLE=$AUTHORITY
fi
tls=("--tls-verify=$verify")

# Private settings for every client: nothing of the machine's own is read or changed.
export HOME=$work/home XDG_RUNTIME_DIR=$work/run DOCKER_CONFIG=$work/docker REGISTRY_AUTH_FILE=$work/auth.json
export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf
export CONTAINERS_REGISTRIES_CONF=$work/registries.conf BUILDAH_ISOLATION=chroot
mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$DOCKER_CONFIG" "$work/registries.d" "$work/build"
echo '{"auths":{}}' >"$REGISTRY_AUTH_FILE"
# Some commands of podman look for credentials nowhere else.
mkdir -p "$XDG_RUNTIME_DIR/containers"
ln -sf "$REGISTRY_AUTH_FILE" "$XDG_RUNTIME_DIR/containers/auth.json"
echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$work/policy.json"

# Overlay mounts are many times faster than copies, where the kernel grants them.
driver=vfs
mkdir -p "$work"/probe/{lower,upper,work,merged}
if mount -t overlay overlay -o "lowerdir=$work/probe/lower,upperdir=$work/probe/upper,workdir=$work/probe/work" \
  "$work/probe/merged" 2>/dev/null; then
  umount "$work/probe/merged"
  driver=overlay
fi

cat >"$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "$driver"
runroot = "$work/storage/run"
graphroot = "$work/storage/graph"
CONF

cat >"$CONTAINERS_REGISTRIES_CONF" <<CONF
unqualified-search-registries = ["$registry"]
[[registry]]
location = "$registry"
insecure = $([ $scheme = http ] && echo true || echo false)
CONF

# runc because crun refuses a machine with both versions of cgroups; the limits because without CAP_SYS_RESOURCE none may
# be raised.
cat >"$CONTAINERS_CONF" <<CONF
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
[containers]
default_ulimits = ["nofile=$(ulimit -n):$(ulimit -n)", "nproc=4096:4096"]
CONF

policy=(--signature-policy "$work/policy.json")

skopeo_with() { skopeo --policy "$work/policy.json" --registries.d "$work/registries.d" --override-os linux "$@"; }
# Bit-exact copies: every child of an index, and never a changed manifest.
copy_in() { skopeo_with copy -q --all --preserve-digests "--dest-tls-verify=$verify" "$@"; }
copy_out() { skopeo_with copy -q --all --preserve-digests "--src-tls-verify=$verify" "$@"; }
inspect() { skopeo_with inspect "${tls[@]}" "$@"; }

# has_digest REFERENCE DIGEST: the registry shows these exact manifest bytes.
has_digest() { same "sha256:$(inspect --raw "docker://$1" | sha256sum | cut -d' ' -f1)" "$2"; }

# json FILTER COMMAND…: what the command prints makes the jq filter true.
json() {
  local filter=$1
  shift
  "$@" | jq -e "$filter"
}
