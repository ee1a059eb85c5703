# Starts a daemon of its own.
cat >"$work/containerd.toml" <<CONF
version = 2
root = "$work/containerd-data"
state = "$work/containerd-run"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$work/containerd.sock"
CONF
containerd -c "$work/containerd.toml" >"$work/containerd.log" 2>&1 &
daemon=$!

ctr_with() { ctr -a "$work/containerd.sock" -n e2e "$@"; }
login=("${plain_http[@]}" --user "$user:$password")
pull_with_ctr() { ctr_with images pull "${login[@]}" "$@"; }

if eventually ctr_with version; then
  check ctr-pull pull_with_ctr "$repositories/$large:$tag"
  ctr_digest() { ctr_with images ls | grep "$repositories/$large:$tag " | grep "$large_digest" >/dev/null; }
  check ctr-pull-digest ctr_digest
  check ctr-pull-zstd pull_with_ctr "$repositories/vuln-zstd:1.0"
  check ctr-pull-all-platforms pull_with_ctr --all-platforms "$repositories/multiarch:v1"
  check ctr-fetch-helm-chart ctr_with content fetch "${login[@]}" "$repositories/helm-chart:0.2.0"
  check ctr-pull-debian pull_with_ctr "$repositories/debian:bookworm"
  check ctr-run ctr_with run --rm "$repositories/debian:bookworm" "e2e-$$" cat /etc/debian_version
  check ctr-tag-index ctr_with images tag "$repositories/multiarch:v1" "$repositories/ctr/multiarch:v1"
  check ctr-push-index ctr_with images push "${login[@]}" "$repositories/ctr/multiarch:v1"
  check ctr-push-digest has_digest "$repositories/ctr/multiarch:v1" "$(digest_of multiarch v1)"
  check ctr-tag-large ctr_with images tag "$repositories/$large:$tag" "$repositories/ctr/large:v1"
  check ctr-push-large ctr_with images push "${login[@]}" "$repositories/ctr/large:v1"
else
  skip containerd "the daemon did not start: $(tail -1 "$work/containerd.log" | cut -c1-160)"
fi
kill "$daemon" 2>/dev/null
wait "$daemon" 2>/dev/null
