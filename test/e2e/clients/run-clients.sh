#!/bin/bash
# Pushes and pulls the corpus with the container clients of this machine and compares digests.
#
#   run-clients.sh HOST:PORT USER PASSWORD
#
#   CORPUS       directory that make-corpus.sh has made (required)
#   PREFIX       namespace of the repositories; default: USER
#   CLIENTS      which clients, default "skopeo buildah podman docker containerd"
#   FAST=1       the corpus is in the registry already: it is not pushed, and the clients leave out its largest image
#   AUTHORITY    certificate of the authority to trust; the clients then use TLS. Default: plain HTTP
#   CLIENT_WORK  scratch directory to keep; default: a temporary one, removed at the end
#
# Prints one line for each check: `ok|not ok|skip <name> <milliseconds>`. Ends with 1 when a check failed.
# Needs root: the clients mount file systems and start their own daemons. All their state is in the scratch directory.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
registry=${1:?HOST:PORT}
user=${2:?USER}
password=${3:?PASSWORD}
corpus=${CORPUS:?CORPUS}
repositories=$registry/${PREFIX:-$user}
work=${CLIENT_WORK:-$(mktemp -d)}
clients=${CLIENTS:-skopeo buildah podman docker containerd}

source "$here/shell/checks.sh"
source "$here/shell/client-settings.sh"
source "$here/shell/corpus-index.sh"

echo "# registry $scheme://$registry, storage driver $driver, corpus $corpus"
for client in skopeo buildah podman docker containerd; do
  case " $clients " in
    *" $client "*) source "$here/shell/$client.sh" ;;
  esac
done

if [ -z "${CLIENT_WORK:-}" ]; then
  umount -R "$work" 2>/dev/null
  rm -rf "$work"
fi
echo "# $checks checks: $passed ok, $failed failed, $skipped skipped, ${SECONDS}s"
[ "$failed" = 0 ]
