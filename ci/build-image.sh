#!/bin/sh
# Builds the image of all processes, with the commits that it is made of, which the ledger of deployments then shows:
#   ci/build-image.sh TAG [OPTION OF docker build...]
set -eu
[ $# -gt 0 ] || { echo "usage: ci/build-image.sh TAG [OPTION OF docker build...]" >&2 && exit 2; }
tag=$1
shift
cd "$(dirname "$0")/.."
commit=$(git describe --always --dirty --abbrev=40 --exclude '*')
submodules=$(git submodule status | tr '\n' ';') # a variable of an image has one line
DOCKER_BUILDKIT=1 docker build --tag "$tag" --build-arg COMMIT="$commit" --build-arg SUBMODULES="$submodules" "$@" .
