#!/usr/bin/env bash
# Makes .venv from a lock file. Does nothing when the lock has not changed since the last complete set-up;
# a half-finished set-up is simply done again. Usage: ci/setup.sh runtime|dev
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?runtime or dev}
case $kind in
    runtime) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "setup: '$kind' is neither 'runtime' nor 'dev'" >&2; exit 2 ;;
esac

python=${PYTHON:-python3}
fail() { echo "setup: $1" >&2; exit 1; }

command -v "$python" >/dev/null || fail "no $python on the PATH -> install Python 3.11 or later, or set PYTHON=/path/to/python"
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' ||
    fail "$("$python" --version) is not supported -> use Python 3.11, 3.12 or 3.13: make setup PYTHON=python3.11"

want="$kind $(cat requirements.lock requirements-dev.lock pyproject.toml | cksum)"
stamp=.venv/.complete
have=$(cat "$stamp" 2>/dev/null || true)
# the environment with the development tools contains the other
[ "$have" = "$want" ] || [ "$have" = "dev ${want#* }" ] && exit 0

say() { [ -t 1 ] && echo "$1" || true; }
mkdir -p var
exec 9>var/setup.lock
flock 9 2>/dev/null || true
rm -f "$stamp"
if [ ! -x .venv/bin/uv ]; then
    say "making .venv ..."
    rm -rf .venv
    "$python" -m venv .venv || fail "$python has no venv module -> apt-get install python3-venv (Debian), then run make again"
    log=$(.venv/bin/python -m pip install --quiet --disable-pip-version-check "$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements-dev.lock)" 2>&1) ||
        fail "the package index cannot be reached ($(tail -n 1 <<<"$log")) -> check the network or the pip configuration, then run make again"
fi
say "installing the packages of $lock ..."
log=$(UV_LINK_MODE=${UV_LINK_MODE:-hardlink} .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --compile-bytecode -r "$lock" 2>&1) ||
    fail "the packages of $lock could not be installed ($(grep -v '^ *$' <<<"$log" | tail -n 1)) -> check the network, then run make again"
log=$(.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --offline -e . 2>&1) ||
    fail "this project could not be installed ($(tail -n 1 <<<"$log"))"
echo "$want" >"$stamp"
