#!/usr/bin/env bash
# Makes .venv from a lock file. Does nothing when neither the locks nor the folder changed since the last complete
# set-up; a half-finished set-up is simply done again. Usage: ci/setup.sh runtime|dev
# PYTHON=/path/to/python chooses the interpreter (default: python3; an existing .venv keeps its own).
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    echo "setup: $1 -> $2" >&2
    exit 1
}
last_line() { grep -v '^ *$' <<<"$1" | tail -n 1 | sed 's/^ *//'; }
say() { [ -t 1 ] && echo "$1" || true; }
trap 'echo "setup: interrupted -> run make again; it goes on from there" >&2; exit 130' INT TERM HUP

case ${1:-} in
    runtime) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "setup: '${1:-}' is neither 'runtime' nor 'dev'" >&2 && exit 2 ;;
esac

stamp=.venv/.complete
# scripts in .venv name this folder, so a moved checkout needs a new one
inputs="$(cat requirements.lock requirements-dev.lock pyproject.toml | cksum) $PWD"
complete() {
    local have
    have=$(cat "$stamp" 2>/dev/null) || return 1
    # the environment with the development tools contains the other
    [ "$have" = "$1 $inputs" ] || [ "$have" = "dev $inputs" ] || return 1
    # the interpreter it was made from may be gone, or another one be asked for
    [ "$(version .venv/bin/python)" != none ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version "$PYTHON")" = "$(version .venv/bin/python)" ]
}
version() {
    local found
    found=$("$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || found=none
    [[ $found =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] && echo "$found" || echo none
}

complete "$1" && exit 0

python=${PYTHON:-python3}
found=$(version "$python")
[ "$found" != none ] || fail "$python does not run" "install Python 3.11, 3.12 or 3.13, or name one: make setup PYTHON=/path/to/python3.11"
case $found in
    3.11.* | 3.12.* | 3.13.*) ;;
    *) fail "$python is Python $found, which is not supported" "use Python 3.11, 3.12 or 3.13: make setup PYTHON=/path/to/python3.11" ;;
esac

{ mkdir -p var && : >>var/setup.lock; } 2>/dev/null || fail "the folder $PWD cannot be written" "make it writable for $(id -un)"
exec 9>>var/setup.lock
if command -v flock >/dev/null && ! flock -n 9; then
    say "waiting for another set-up of this folder ..."
    flock 9
    complete "$1" && exit 0
fi
rm -f "$stamp" 2>/dev/null || fail "the folder $PWD/.venv cannot be written" "make it writable for $(id -un), or remove it"

reusable() {
    # unlike the other scripts, uv itself is no Python
    .venv/bin/uv --version >/dev/null 2>&1 && grep -qF "$PWD/.venv" .venv/bin/activate || return 1
    [ "$(version .venv/bin/python)" != none ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version .venv/bin/python)" = "$found" ]
}
if ! reusable; then
    say "making .venv with Python $found ..."
    rm -rf .venv 2>/dev/null || fail "the old $PWD/.venv cannot be removed" "remove it yourself, then run make again"
    log=$("$python" -m venv .venv 2>&1) ||
        fail "$python cannot make an environment ($(last_line "$log"))" "on Debian: apt-get install python3-venv; then run make again"
    uv=$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements-dev.lock)
    log=$(.venv/bin/python -m pip install --quiet --disable-pip-version-check --retries 2 "$uv" 2>&1) ||
        fail "$uv cannot be had from the package index ($(last_line "$log"))" "check the network and pip's configuration, then run make again"
fi

install() { .venv/bin/uv pip install --quiet --python .venv/bin/python "$@" 2>&1; }
export UV_LINK_MODE=${UV_LINK_MODE:-hardlink}
say "installing the packages of $lock ..."
# without a network, what was downloaded before may be enough
log=$(install --require-hashes --compile-bytecode -r "$lock") ||
    install --offline --require-hashes --compile-bytecode -r "$lock" >/dev/null ||
    fail "the packages of $lock cannot be installed ($(last_line "$log"))" "check the network and the free space, then run make again"
log=$(install --no-deps --no-build-isolation --offline -e .) ||
    fail "this project cannot be installed ($(last_line "$log"))" "run make again; if that does not help, remove .venv first"
# a quick command should not compile the project each time where Python may not write beside the sources
.venv/bin/python -m compileall -q data_platform || true
echo "$1 $inputs" >"$stamp"
