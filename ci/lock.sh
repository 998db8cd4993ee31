#!/usr/bin/env bash
# Pins every dependency with its hashes. The development lock is made first; the runtime lock follows its versions.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=(.venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header "$@" pyproject.toml)
"${compile[@]}" --all-extras --group dev -o requirements-dev.lock
"${compile[@]}" -c requirements-dev.lock -o requirements.lock
