pull_with_podman() { podman pull -q "${policy[@]}" "${tls[@]}" "$@"; }
run_with_podman() { podman run --network=none "${policy[@]}" "$@"; }

check podman-login podman login "${tls[@]}" -u "$user" -p "$password" "$registry"
check podman-pull pull_with_podman "$repositories/$large:$tag"
podman_digest() { same "$(podman image inspect "$repositories/$large:$tag" --format '{{.Digest}}')" "$large_digest"; }
check podman-pull-digest podman_digest
check podman-pull-zstd pull_with_podman "$repositories/vuln-zstd:1.0"
check podman-pull-odd-tar pull_with_podman "$repositories/odd-tar:v1"
check podman-pull-127-layers pull_with_podman "$repositories/many-layers:v127"
check podman-run run_with_podman --rm "${tls[@]}" "$repositories/debian:bookworm" cat /etc/debian_version
# Whiteouts of the upper layers must have taken effect; only the large image has any.
[ "$large" != app ] || check podman-run-whiteouts run_with_podman --rm --entrypoint '' "$repositories/app:1.0" test ! -e /etc/issue
check podman-push podman push -q "${policy[@]}" "${tls[@]}" "$repositories/debian:bookworm" "docker://$repositories/podman/debian:v1"

commit_and_push() {
  run_with_podman --name committed "$repositories/debian:bookworm" sh -c 'echo x > /x' &&
    podman commit -q committed "$repositories/podman/committed:v1" &&
    podman push -q "${policy[@]}" "${tls[@]}" "$repositories/podman/committed:v1"
  local status=$?
  podman rm -f committed
  return $status
}
check podman-commit-and-push commit_and_push

listed_tags() { same "$(podman search --list-tags --limit 100 "${tls[@]}" "$repositories/many-tags" | grep -c many-tags)" 60; }
check podman-search-tags listed_tags
found() { podman search "${tls[@]}" "$registry/debian" | grep debian >/dev/null; }
check podman-search found
check podman-manifest-inspect json '.manifests | length == 3' podman manifest inspect "$repositories/multiarch:v1"

if [ -e "$work/build/Containerfile" ]; then
  built_runs() { run_with_podman --rm "${tls[@]}" "$repositories/built:oci" | grep 'built e2e' >/dev/null; }
  check podman-run-built built_runs
  build_with_podman() { podman build "${policy[@]}" -q --isolation=chroot "${tls[@]}" --format docker "$@"; }
  check podman-build build_with_podman -t "$repositories/podman/built:v1" -f "$work/build/Containerfile" "$work/build"
  check podman-push-built podman push -q "${policy[@]}" "${tls[@]}" "$repositories/podman/built:v1"
fi
podman rmi -af >/dev/null 2>&1
