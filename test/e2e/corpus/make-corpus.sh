#!/bin/bash
# Makes the corpus of images and artifacts from Debian and npm packages. As root, on Debian 12, in two to four minutes.
#
#   make-corpus.sh OUTDIR
#
#   WORK_DIR   scratch directory, default OUTDIR-work; what it keeps (package archives) makes the next run faster
#   NODE       the Node.js that runs TypeScript files, default: node
#
# OUTDIR/<name>/ are OCI layouts, or directories as skopeo writes them for docker's older schemas. OUTDIR/INDEX.tsv lists them:
#   name, kind (oci or dir), reference in skopeo's spelling, digest of the top manifest, bytes, media type
# Digests change as Debian's packages do: whoever uses the corpus reads them from the index.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?OUTDIR}
work=${WORK_DIR:-$out-work}
node=${NODE:-node}
parts=$work/parts
app=$work/app
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

say() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }

install_tools() {
  local package missing=()
  for package in skopeo buildah runc mmdebstrap rpm zstd jq zip ca-certificates; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Private image storage, on overlay mounts where the kernel grants them.
settle_storage() {
  local driver=vfs probe=$work/probe
  mkdir -p "$probe"/{lower,upper,work,merged}
  if mount -t overlay overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" "$probe/merged" 2>/dev/null; then
    umount "$probe/merged"
    driver=overlay
  fi
  cat >"$work/storage.conf" <<CONF
[storage]
driver = "$driver"
runroot = "$work/storage/run"
graphroot = "$work/storage/graph"
CONF
  echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$work/policy.json"
  export CONTAINERS_STORAGE_CONF=$work/storage.conf BUILDAH_ISOLATION=chroot BUILDAH_FORMAT=oci
}

skopeo_copy() { skopeo --policy "$work/policy.json" copy -q "$@"; }

# build NAME TAG CONTAINERFILE CONTEXT: builds an image and writes it out as a layout.
build() {
  buildah bud --signature-policy "$work/policy.json" --quiet --layers --force-rm -t "localhost/corpus/$1:$2" -f "$3" "$4" >/dev/null
  skopeo_copy "containers-storage:localhost/corpus/$1:$2" "oci:$out/$1:$2"
  say "$1"
}

# Root file systems of two Debian releases, and a few real files of two architectures.
fetch_roots() {
  [ -s "$parts/bookworm.tar" ] || mmdebstrap -q --variant=minbase --mode=root bookworm "$parts/bookworm.tar"
  [ -s "$parts/bullseye.tar" ] || mmdebstrap -q --variant=minbase --mode=root bullseye "$parts/bullseye.tar"
  local architecture
  for architecture in amd64 arm64; do
    [ -s "$parts/$architecture.tar" ] ||
      mmdebstrap -q --variant=extract --architectures=$architecture --include=busybox-static bookworm "$parts/$architecture.tar"
  done
}

# Old releases with known vulnerabilities in the package formats of many languages. Where only the coordinates matter to a
# scanner, only those are made.
fetch_vulnerable_packages() {
  [ ! -d "$app/done" ] || return 0
  cd "$app"
  cat >package.json <<'JSON'
{"name": "corpus-vulnerable-app", "version": "1.0.0", "private": true, "dependencies": {
  "lodash": "4.17.4", "minimist": "0.0.8", "express": "4.15.0", "handlebars": "4.0.11", "marked": "0.3.6", "moment": "2.19.1",
  "jquery": "1.12.4", "serialize-javascript": "1.9.0", "axios": "0.18.0", "ws": "1.1.0", "node-forge": "0.9.0", "jsonwebtoken": "8.0.0"}}
JSON
  npm install --ignore-scripts --no-audit --no-fund --omit-lockfile-registry-resolved --loglevel=error >/dev/null
  sed -i '/"resolved":/d' node_modules/.package-lock.json
  mkdir -p archives jars binaries
  (cd archives && npm pack --silent allure-commandline@2.8.1 esbuild-linux-64@0.14.0 >/dev/null)
  tar -C jars --strip-components=3 -xzf archives/allure-commandline-2.8.1.tgz --wildcards 'package/dist/lib/*.jar'
  tar -C binaries --strip-components=2 -xzf archives/esbuild-linux-64-0.14.0.tgz package/bin/esbuild

  local maven=log4j/META-INF/maven/org.apache.logging.log4j/log4j-core
  mkdir -p "$maven" war/WEB-INF/lib
  printf 'groupId=org.apache.logging.log4j\nartifactId=log4j-core\nversion=2.14.1\n' >"$maven/pom.properties"
  printf 'Manifest-Version: 1.0\nImplementation-Title: Apache Log4j Core\nImplementation-Version: 2.14.1\n' >log4j/META-INF/MANIFEST.MF
  (cd log4j && zip -qr ../jars/log4j-core-2.14.1.jar META-INF)
  cp jars/log4j-core-2.14.1.jar war/WEB-INF/lib/
  (cd war && zip -qr ../jars/app.war WEB-INF)

  local item name version
  for item in Django:2.0.1 requests:2.19.1 PyYAML:5.1 Jinja2:2.10 urllib3:1.24.1 Pillow:6.2.0; do
    name=${item%:*} version=${item#*:}
    mkdir -p "python/$name-$version.dist-info"
    printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' "$name" "$version" >"python/$name-$version.dist-info/METADATA"
  done
  mkdir -p gems/specifications
  for item in rack:2.0.1 nokogiri:1.8.0 rails:5.0.0 loofah:2.2.0; do
    name=${item%:*} version=${item#*:}
    printf 'Gem::Specification.new do |s|\n  s.name = "%s".freeze\n  s.version = "%s"\nend\n' "$name" "$version" \
      >"gems/specifications/$name-$version.gemspec"
  done
  mkdir done
}

# A root of an EL 8 machine as far as its package database goes: names and versions are real, contents are not.
make_rpm_root() {
  local root=$work/rpm-root name epoch version release
  rm -rf "$root"
  mkdir -p "$root/etc" "$root/root/buildinfo/content_manifests" "$root/var/lib/rpm" "$work/rpmbuild"
  cat >"$root/etc/os-release" <<'OS'
NAME="Red Hat Enterprise Linux"
VERSION="8.4 (Ootpa)"
ID="rhel"
ID_LIKE="fedora"
VERSION_ID="8.4"
PLATFORM_ID="platform:el8"
CPE_NAME="cpe:/o:redhat:enterprise_linux:8.4:GA"
OS
  echo '{"metadata":{"icm_version":1},"content_sets":["rhel-8-for-x86_64-baseos-rpms","rhel-8-for-x86_64-appstream-rpms"]}' \
    >"$root/root/buildinfo/content_manifests/corpus-rpm-1-1.json"
  while read -r name epoch version release; do
    cat >"$work/rpmbuild/$name.spec" <<SPEC
Name: $name
Epoch: $epoch
Version: $version
Release: $release
Summary: Stands in for $name
License: MIT
BuildArch: x86_64
%global debug_package %{nil}
%description
Only the name and version are real.
%install
mkdir -p %{buildroot}/usr/share/corpus && echo $name >%{buildroot}/usr/share/corpus/$name
%files
/usr/share/corpus/$name
SPEC
    rpmbuild --quiet --define "_topdir $work/rpmbuild" --target x86_64 -bb "$work/rpmbuild/$name.spec" >/dev/null 2>&1
  done <<'PACKAGES'
openssl-libs 1 1.1.1g 15.el8_3
glibc 0 2.28 151.el8
bash 0 4.4.19 14.el8
curl 0 7.61.1 18.el8
libxml2 0 2.9.7 9.el8
sqlite-libs 0 3.26.0 13.el8
systemd-libs 0 239 45.el8
PACKAGES
  local database=(--define '_db_backend sqlite' --root "$root" --dbpath /var/lib/rpm)
  rpm "${database[@]}" --initdb
  rpm "${database[@]}" -i --nodeps --noscripts --ignorearch --nosignature "$work"/rpmbuild/RPMS/*/*.rpm 2>/dev/null
  rm -f "$root/var/lib/rpm/.rpm.lock"
  tar --sort=name --mtime=@1600000000 --numeric-owner -C "$root" -cf "$parts/rpm-sqlite.tar" .
}

write_containerfiles() {
  printf 'FROM scratch\nADD bookworm.tar /\nENV PATH=/usr/sbin:/usr/bin:/sbin:/bin\nCMD ["/bin/bash"]\n' >"$parts/debian.file"
  printf 'FROM scratch\nADD bullseye.tar /\nCMD ["/bin/bash"]\n' >"$parts/debian-old.file"
  # Two layers of packages, then one of whiteouts, one with an opaque directory, one of metadata only.
  cat >"$parts/app.file" <<'FILE'
FROM localhost/corpus/debian:bookworm
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 openssl ca-certificates python3-requests python3-django python3-jinja2 python3-lxml curl libxml2 && rm -rf /var/lib/apt/lists/*
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light nodejs perl ruby ruby-rack ruby-nokogiri git redis-server && rm -rf /var/lib/apt/lists/*
RUN dpkg --purge --force-depends python3-jinja2 && rm -f /etc/nginx/sites-enabled/default /etc/issue
RUN rm -rf /usr/share/doc && mkdir /usr/share/doc && echo replaced > /usr/share/doc/README
USER www-data
WORKDIR /srv
EXPOSE 80/tcp
VOLUME ["/srv/data"]
LABEL quay.expires-after=4w maintainer="corpus"
ENTRYPOINT ["/usr/sbin/nginx"]
CMD ["-g", "daemon off;"]
FILE
  cat >"$app/vuln.file" <<'FILE'
FROM localhost/corpus/debian:bookworm
COPY package.json package-lock.json /srv/app/
COPY node_modules /srv/app/node_modules
COPY jars /srv/java/lib
COPY python /usr/local/lib/python3.11/site-packages
COPY gems/specifications /usr/local/lib/ruby/gems/3.1.0/specifications
COPY binaries/esbuild /usr/local/bin/esbuild
LABEL org.opencontainers.image.title="vulnerable-app" org.opencontainers.image.version="1.0.0"
CMD ["node", "/srv/app"]
FILE
}

# The vulnerable image again with zstd layers; empty when buildah cannot, and make-artifacts.ts does it.
push_zstd() {
  buildah push --signature-policy "$work/policy.json" -q --format oci --compression-format zstd localhost/corpus/vuln:1.0 \
    "oci:$out/vuln-zstd:1.0" || true
  local manifest
  manifest=$out/vuln-zstd/blobs/$(jq -r '.manifests[0].digest' "$out/vuln-zstd/index.json" 2>/dev/null | tr : /)
  if jq -e '.layers[0].mediaType | test("zstd")' "$manifest" >/dev/null 2>&1; then return; fi
  rm -rf "$out/vuln-zstd"
  echo zstd
}

write_index() {
  local directory name bytes digest
  for directory in "$out"/*/; do
    directory=${directory%/}
    name=$(basename "$directory")
    [ "$name" != keys ] || continue
    bytes=$(du -sb "$directory" | cut -f1)
    if [ -f "$directory/index.json" ]; then
      jq -r --arg name "$name" --arg layout "oci:$directory" --arg bytes "$bytes" '.manifests[]
        | (.annotations["org.opencontainers.image.ref.name"] // "") as $tag
        | [$name, "oci", $layout + (if $tag == "" then "" else ":" + $tag end), .digest, $bytes, (.artifactType // .mediaType)]
        | @tsv' "$directory/index.json"
    else
      digest=sha256:$(sha256sum <"$directory/manifest.json" | cut -d' ' -f1)
      printf '%s\tdir\tdir:%s\t%s\t%s\t%s\n' "$name" "$directory" "$digest" "$bytes" \
        "$(jq -r '.mediaType // "schema1"' "$directory/manifest.json")"
    fi
  done >"$out/INDEX.tsv"
}

rm -rf "$out"
mkdir -p "$out" "$parts" "$app"
install_tools
settle_storage
fetch_roots >"$work/roots.log" 2>&1 &
roots=$!
fetch_vulnerable_packages >"$work/packages.log" 2>&1 &
packages=$!
wait $roots || { cat "$work/roots.log"; exit 1; }
say 'root file systems'
write_containerfiles
build debian bookworm "$parts/debian.file" "$parts"
build debian-old bullseye "$parts/debian-old.file" "$parts"
build app 1.0 "$parts/app.file" "$parts"
wait $packages || { cat "$work/packages.log"; exit 1; }
build vuln 1.0 "$app/vuln.file" "$app"
zstd=$(push_zstd)
skopeo_copy --format v2s2 "oci:$out/vuln:1.0" "dir:$out/vuln-v2s2"
skopeo_copy --format v2s1 "oci:$out/debian:bookworm" "dir:$out/debian-v2s1"
say 'older schemas and zstd'
make_rpm_root
"$node" "$here/make-artifacts.ts" "$out" "$parts" $zstd
write_index
buildah rm -a >/dev/null 2>&1 || true
buildah rmi -a -f >/dev/null 2>&1 || true
rm -rf "$work/storage" "$work/probe" "$work/rpm-root"
say "$(cut -f1 "$out/INDEX.tsv" | sort -u | wc -l) images and artifacts, $(du -sh "$out" | cut -f1) in $out"
