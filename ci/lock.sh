#!/usr/bin/env bash
# Pins every dependency with its hashes. The development lock is made first; the others follow its versions:
# requirements.lock for one machine, requirements-cloud.lock for the image, with Snowflake, S3 and Azure.
set -euo pipefail
cd "$(dirname "$0")/.."
compile=(.venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header "$@" pyproject.toml)
"${compile[@]}" --all-extras --group dev -o requirements-dev.lock
"${compile[@]}" -c requirements-dev.lock -o requirements.lock
"${compile[@]}" -c requirements-dev.lock --all-extras -o requirements-cloud.lock
