#!/usr/bin/env bash
# Installs what the tests need beyond Python: git, and Chromium for the tests of the user interface. Debian packages,
# where this is root on Debian; elsewhere it says what is missing, which is an error only on CI (CI=true).
# `ci/test-tools.sh all` also installs a Docker engine, for the tests that `make test` leaves out.
set -euo pipefail
cd "$(dirname "$0")/.."

has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
containers() {
    [ -x /usr/sbin/dockerd ] && [ -x /usr/bin/docker ] || echo docker.io
    command -v docker-compose >/dev/null || echo docker-compose
    [ -x /usr/sbin/debootstrap ] || echo debootstrap
    [ -x /usr/sbin/iptables ] || echo iptables
}
missing() {
    command -v git >/dev/null || echo git
    has_browser >/dev/null || echo chromium fonts-liberation
    [ "$wanted" != all ] || containers
}
give_up() {
    echo "test-tools: $1" >&2
    [ "${CI:-}" = true ] && exit 1 || exit 0
}

wanted=${1:-}
packages=$(missing | xargs)
[ -n "$packages" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    give_up "missing: $packages -> install them (on Debian: apt-get install $packages); tests that need them are skipped"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    # shellcheck disable=SC2086 # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $packages >"$log" 2>&1 </dev/null
}
[ ! -t 1 ] || echo "installing $packages ..."
# the package lists may be missing (a fresh image) or name versions that are gone
install || { apt-get -qq update >"$log" 2>&1 && install; } || true
rest=$(missing | xargs)
[ -z "$rest" ] ||
    give_up "$rest cannot be installed ($(grep -E '^(E|W):' "$log" | tail -n 1)) -> check the network and apt's sources"
