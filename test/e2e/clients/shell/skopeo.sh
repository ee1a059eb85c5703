check skopeo-login skopeo_with login "${tls[@]}" -u "$user" -p "$password" "$registry"
refused skopeo-login-wrong-password skopeo_with login --authfile "$work/wrong.json" "${tls[@]}" -u "$user" -p wrong-password "$registry"

skopeo_entry() {
  local name=$1 source=$2 tag=$3 digest=$4
  check "skopeo-push-$name-$tag" copy_in "$source" "docker://$repositories/$name:$tag" || return
  check "skopeo-digest-$name-$tag" has_digest "$repositories/$name:$tag" "$digest"
  rm -rf "$work/pulled"
  check "skopeo-pull-$name-$tag" copy_out "docker://$repositories/$name@$digest" "dir:$work/pulled" &&
    check "skopeo-bytes-$name-$tag" same "sha256:$(sha256sum <"$work/pulled/manifest.json" | cut -d' ' -f1)" "$digest"
}

if [ -z "${FAST:-}" ]; then
  while IFS=$'\t' read -r name kind source digest _; do
    case $not_pushed in *" $name "*) continue ;; esac
    case $kind in
      dir) skopeo_entry "$name" "dir:$corpus/$name" v1 "$digest" ;;
      oci) skopeo_entry "$name" "oci:$corpus/$name:${source##*:}" "${source##*:}" "$digest" ;;
    esac
  done <"$corpus/INDEX.tsv"
fi

all_tags() { skopeo_with list-tags "${tls[@]}" "docker://$repositories/many-tags"; }
check skopeo-list-tags json '.Tags | length == 60' all_tags
check skopeo-inspect json ".Digest == \"$(digest_of debian)\" and .Os == \"linux\"" inspect "docker://$repositories/debian:bookworm"
check skopeo-inspect-config json '.architecture == "amd64"' inspect --config "docker://$repositories/debian:bookworm"

arm64_of_index() {
  rm -rf "$work/arm64"
  skopeo_with --override-arch arm64 --override-variant v8 copy -q "--src-tls-verify=$verify" \
    "docker://$repositories/multiarch:v1" "dir:$work/arm64" || return
  json '.architecture == "arm64"' cat "$work/arm64/$(jq -r .config.digest "$work/arm64/manifest.json" | cut -d: -f2)"
}
check skopeo-pull-arm64-of-index arm64_of_index

check skopeo-copy-within-registry copy_in "--src-tls-verify=$verify" "docker://$repositories/$large:$tag" "docker://$repositories/copied:$tag"
check skopeo-copied-digest has_digest "$repositories/copied:$tag" "$large_digest"
check skopeo-retag copy_in "--src-tls-verify=$verify" "docker://$repositories/copied:$tag" "docker://$repositories/copied:retag"
check skopeo-delete skopeo_with delete "${tls[@]}" "docker://$repositories/copied:retag"
refused skopeo-deleted-is-gone inspect "docker://$repositories/copied:retag"

converted=application/vnd.docker.distribution.manifest.v2+json
check skopeo-push-schema-2 skopeo_with copy -q --format v2s2 "--dest-tls-verify=$verify" "oci:$corpus/debian:bookworm" "docker://$repositories/converted:v2s2"
check skopeo-shows-schema-2 json ".mediaType == \"$converted\"" inspect --raw "docker://$repositories/converted:v2s2"
refused skopeo-push-schema-1 skopeo_with copy -q --format v2s1 "--dest-tls-verify=$verify" "oci:$corpus/debian:bookworm" "docker://$repositories/converted:v2s1"

uncompressed() {
  skopeo_with copy -q --dest-decompress "oci:$corpus/vuln:1.0" "dir:$work/plain" &&
    skopeo_with copy -q "--dest-tls-verify=$verify" "dir:$work/plain" "docker://$repositories/plain:v1"
}
check skopeo-push-uncompressed uncompressed

sync_down() {
  rm -rf "$work/sync"
  skopeo_with sync --all --src docker --dest dir "--src-tls-verify=$verify" "$repositories/expiring" "$work/sync" &&
    same "$(find "$work/sync" -mindepth 1 -maxdepth 1 | wc -l)" 4
}
check skopeo-sync-down sync_down
check skopeo-sync-up skopeo_with sync --all --src dir --dest docker "--dest-tls-verify=$verify" "$work/sync" "$repositories/synced"

refused skopeo-anonymous-push copy_in --dest-no-creds "oci:$corpus/wasm:v1" "docker://$repositories/anonymous:v1"
check skopeo-parallel-pushes all_of copy_in "oci:$corpus/vuln:1.0" "docker://$repositories/parallel:p{}"
check skopeo-parallel-digest has_digest "$repositories/parallel:p3" "$(digest_of vuln)"
check skopeo-parallel-pulls all_of copy_out "docker://$repositories/parallel:p{}" "dir:$work/parallel-{}"

# The signature tag as cosign finds it, verified by openssl.
signature() {
  local repository=$repositories/cosign-signed layer
  inspect --raw "docker://$repository:$(digest_of cosign-signed v1 | tr : -).sig" >"$work/signature.json" || return
  layer=$(jq -r '.layers[0].digest' "$work/signature.json")
  jq -r '.layers[0].annotations["dev.cosignproject.cosign/signature"]' "$work/signature.json" | base64 -d >"$work/signature"
  curl -sSfL -u "$user:$password" -o "$work/payload" "$scheme://$registry/v2/${repository#*/}/blobs/$layer" &&
    openssl dgst -sha256 -verify "$corpus/keys/cosign.pub" -signature "$work/signature" "$work/payload"
}
check cosign-signature-verifies signature

referrers() { curl -sSfL -u "$user:$password" "$scheme://$registry/v2/${repositories#*/}/referrers/referrers/$(digest_of referrers v1)"; }
check referrers-of-subject json '.manifests | length == 6' referrers
