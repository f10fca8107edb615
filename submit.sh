#!/bin/sh
# Submits what is stored, once it is proven complete:  sh submit.sh REPO_URL
set -eu
cd "$(dirname "$0")"
if [ $# -ne 1 ] || [ -z "$1" ]; then
  echo 'usage: sh submit.sh REPO_URL   (for example https://github.com/you/your-repository)' >&2
  exit 2
fi
if [ ! -x .venv/bin/python ]; then
  echo 'submit.sh: no .venv here; run-ingestion.sh makes it' >&2
  exit 2
fi
exec .venv/bin/python -m scrapy submit --repo "$1"
