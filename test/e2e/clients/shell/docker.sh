# Starts a daemon of its own. Registries of 127.0.0.0/8 may speak plain HTTP by docker's default.
export DOCKER_HOST=unix://$work/docker.sock
dockerd --data-root "$work/docker-data" --exec-root "$work/docker-run" -H "$DOCKER_HOST" --pidfile "$work/docker.pid" \
  --iptables=false --bridge=none --storage-driver="${DOCKER_STORAGE:-vfs}" >"$work/dockerd.log" 2>&1 &
daemon=$!

login_with_docker() { echo "$password" | docker login -u "$user" --password-stdin "$registry"; }

if eventually docker version; then
  check docker-login login_with_docker
  check docker-pull docker pull -q "$repositories/$large:$tag"
  docker_digest() { docker image inspect "$repositories/$large:$tag" --format '{{json .RepoDigests}}' | grep "$large_digest" >/dev/null; }
  check docker-pull-digest docker_digest
  check docker-pull-schema-2 docker pull -q "$repositories/vuln-v2s2:v1"
  check docker-pull-index docker pull -q "$repositories/multiarch:v1"
  check docker-pull-arm64 docker pull -q --platform linux/arm64 "$repositories/multiarch:v1"
  check docker-pull-by-digest docker pull -q "$repositories/debian@$(digest_of debian)"
  check docker-pull-zstd docker pull -q "$repositories/vuln-zstd:1.0"
  check docker-run docker run --rm --network=none "$repositories/debian@$(digest_of debian)" true

  printf 'FROM %s/debian:bookworm\nRUN echo built > /built\nCMD ["cat", "/built"]\n' "$repositories" >"$work/build/Dockerfile"
  mine=$repositories/docker
  check docker-build docker build --network=none -q -t "$mine/built:v1" "$work/build"
  check docker-push docker push -q "$mine/built:v1"
  check docker-tag docker tag "$mine/built:v1" "$mine/built:v2"
  check docker-push-all-tags docker push -q -a "$mine/built"
  check docker-tag-elsewhere docker tag "$mine/built:v1" "$mine/mounted:v1"
  mounted() { docker push "$mine/mounted:v1" | grep 'Mounted from' >/dev/null; }
  check docker-push-mounts mounted
  check docker-manifest-inspect json '.manifests | length == 3' docker manifest inspect "${insecure[@]}" "$repositories/multiarch:v1"
  check docker-manifest-create docker manifest create "${insecure[@]}" "$mine/list:v1" "$mine/built:v1" "$mine/built:v2"
  check docker-manifest-push docker manifest push "${insecure[@]}" -p "$mine/list:v1"
  docker_found() { docker search "$registry/debian" | grep debian >/dev/null; }
  check docker-search docker_found
  check docker-logout docker logout "$registry"
  refused docker-push-logged-out docker push -q "$mine/built:v1"
else
  skip docker "the daemon did not start: $(tail -1 "$work/dockerd.log" | cut -c1-160)"
fi
kill "$daemon" 2>/dev/null
wait "$daemon" 2>/dev/null
