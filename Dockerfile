# syntax=docker/dockerfile:1
# The same image again: Python's packages are pinned by their hashes; for Debian's give a digest and a moment,
#   docker compose build --build-arg BASE=debian@sha256:... --build-arg DEBIAN_SNAPSHOT=20261101T000000Z
# Without them an image has Debian's fixes as of the day it is built, which a browser needs.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS python
ARG DEBIAN_SNAPSHOT=
RUN if [ -n "$DEBIAN_SNAPSHOT" ]; then \
      rm -f /etc/apt/sources.list.d/debian.sources; \
      for place in "debian/$DEBIAN_SNAPSHOT bookworm" "debian-security/$DEBIAN_SNAPSHOT bookworm-security"; do \
        echo "deb [check-valid-until=no] http://snapshot.debian.org/archive/$place main"; \
      done >/etc/apt/sources.list; \
    fi
# No versions: one that Debian has replaced could not be installed any more.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app

# What only the making of the environment needs stays behind in this stage.
FROM python AS environment
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY requirements.txt ./
COPY datasync_crawler/sh/environment.sh datasync_crawler/sh/environment.sh
RUN set -eu && . datasync_crawler/sh/environment.sh && fresh_venv requirements.txt

FROM python
# libatomic1 is what Playwright's own driver needs.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium libatomic1 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 crawler && install -d -o crawler -g crawler /app/state
COPY --from=environment /app/.venv .venv
COPY . .
# Nothing can be compiled later: the image's files do not change, and are not the crawler's.
RUN .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash datasync_crawler
USER 1000:1000

ENV NO_INSTALL=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATE_DIR=/app/state WEB_HOST=0.0.0.0 WEB_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["sh", "datasync_crawler/sh/container.sh", "health"]
CMD ["sh", "datasync_crawler/sh/container.sh", "run"]
