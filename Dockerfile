FROM debian:bookworm-slim

RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates chromium python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home crawler && install -d -o crawler /app /app/state
USER crawler
WORKDIR /app

# The environment is a layer of its own, so that a change of the code does not install it again.
COPY --chown=crawler requirements.txt ./
COPY --chown=crawler datasync_crawler/sh/environment.sh datasync_crawler/sh/environment.sh
RUN set -eu && . datasync_crawler/sh/environment.sh && fresh_venv requirements.txt

COPY --chown=crawler . .

ENV NO_INSTALL=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATE_DIR=/app/state
CMD ["sh", "run-ingestion.sh", "--local"]
