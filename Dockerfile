# One image for every process of the platform: webserver, daemon, code servers, command line. Needs BuildKit.
# For a package index of one's own, or certificates of one's own, give pip's configuration and the certificates that it
# names as /run/secrets/certificates: --secret id=pip,src=pip.conf --secret id=certificates,src=ca.pem. They stay in no layer.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS environment
WORKDIR /opt/data-platform
RUN command -v python3 >/dev/null && python3 -m venv .venv
COPY requirements-cloud.lock ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=certificates \
    .venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements-cloud.lock

FROM ${BASE}
ENV LANG=C.UTF-8 \
    PATH=/opt/data-platform/.venv/bin:$PATH \
    DAGSTER_HOME=/opt/data-platform/dagster_home \
    DATA_PLATFORM_ENVIRONMENT=prod \
    DATA_PLATFORM_STATE=/var/lib/data-platform
# what is written lies in the state folder; a new volume there belongs to this user, as the folder does
RUN groupadd --system --gid 1000 platform && useradd --system --uid 1000 --gid platform --create-home platform \
    && mkdir -p /var/lib/data-platform && chown platform:platform /var/lib/data-platform
WORKDIR /opt/data-platform
COPY --from=environment /opt/data-platform/.venv .venv
# the library first: an image with other units only differs in its last layers
COPY pyproject.toml README.md LICENSE ./
COPY data_platform data_platform
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --disable-pip-version-check -e . \
    && .venv/bin/python -m compileall -q data_platform
COPY . .
USER platform
# a card or a dbt project that cannot be read makes no image; nothing of this is kept
RUN DATA_PLATFORM_STATE=/tmp/check dp unit check && rm -r /tmp/check
# for the ledger of deployments; ci/build-image.sh gives them
ARG COMMIT="" SUBMODULES=""
ENV DATA_PLATFORM_COMMIT=${COMMIT} DATA_PLATFORM_SUBMODULES="${SUBMODULES}"
LABEL org.opencontainers.image.revision=${COMMIT}
# which process a container is, is said by its command: see docs/platform-engineer.md
CMD ["dp", "--help"]
