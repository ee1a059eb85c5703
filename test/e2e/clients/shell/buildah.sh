check buildah-login buildah login "${tls[@]}" -u "$user" -p "$password" "$registry"
check buildah-pull buildah pull "${policy[@]}" -q "${tls[@]}" "$repositories/debian:bookworm"

cat >"$work/build/Containerfile" <<FILE
FROM $repositories/debian:bookworm
ARG WHO=x
RUN echo "built \$WHO" > /built && rm -f /etc/issue
COPY Containerfile /Containerfile
LABEL quay.expires-after=1d
CMD ["cat", "/built"]
FILE

built=$repositories/built:oci
push_built() { buildah push "${policy[@]}" -q "${tls[@]}" "$@"; }
check buildah-build buildah bud "${policy[@]}" -q --layers "${tls[@]}" --build-arg WHO=e2e -t "$built" -f "$work/build/Containerfile" "$work/build"
check buildah-push push_built --digestfile "$work/built-digest" "$built"
check buildah-push-digest has_digest "$built" "$(cat "$work/built-digest")"
check buildah-push-docker-format push_built --format docker "$built" "docker://$repositories/built:docker"
check buildah-push-zstd push_built --compression-format zstd "$built" "docker://$repositories/built:zstd"
check buildah-push-elsewhere push_built "$built" "docker://$repositories/built-elsewhere:oci"
check buildah-pull-by-digest buildah pull "${policy[@]}" -q "${tls[@]}" "$repositories/built@$(cat "$work/built-digest")"

manifest_list() {
  buildah manifest create list &&
    buildah manifest add "${tls[@]}" --all list "docker://$repositories/multiarch:v1" &&
    buildah manifest add "${tls[@]}" list "docker://$built" &&
    buildah manifest push "${policy[@]}" --all "${tls[@]}" list "docker://$repositories/list:v1" &&
    json '.manifests | length == 4' inspect --raw "docker://$repositories/list:v1"
}
check buildah-manifest-list manifest_list
buildah rm -a >/dev/null 2>&1
