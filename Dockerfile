# One image for every process of the platform: webserver, daemon, code servers, command line.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS environment
WORKDIR /opt/data-platform
RUN command -v python3 >/dev/null && python3 -m venv .venv
COPY requirements-cloud.lock ./
RUN .venv/bin/pip install --no-cache-dir --require-hashes -r requirements-cloud.lock

FROM ${BASE}
ENV LANG=C.UTF-8 \
    PATH=/opt/data-platform/.venv/bin:$PATH \
    DAGSTER_HOME=/opt/data-platform/dagster_home \
    DATA_PLATFORM_STATE=/var/lib/data-platform
RUN groupadd --system --gid 1000 platform && useradd --system --uid 1000 --gid platform --create-home platform \
    && mkdir -p /var/lib/data-platform && chown platform:platform /var/lib/data-platform
WORKDIR /opt/data-platform
COPY --from=environment /opt/data-platform/.venv .venv
COPY . .
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e .
USER platform
# the dbt projects are parsed once, here; a container on a fresh volume of this image starts with what it leaves
RUN DATA_PLATFORM_ENVIRONMENT=prod dp unit prepare
# which process a container is, is said by its command: see docs/platform-engineer.md
CMD ["dp", "--help"]
