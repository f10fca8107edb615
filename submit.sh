#!/bin/sh
set -eu
cd "$(dirname "$0")"

usage() {
  cat <<'USAGE'
usage: sh submit.sh REPO_URL

Submits what is stored, once it is proven complete. A set that was accepted is not sent again; a submission whose
outcome is unknown is looked up and never repeated by itself.

example:
  sh submit.sh https://github.com/you/your-repository

The key and every other setting come from the environment or from .env (see .env.example).
Exit: 0 accepted, now or before, 1 refused or not proven, 2 wrong use, 3 outcome unknown, 4 key expired, 5 already
running.
USAGE
}

case ${1:-} in
  --help | -h)
    usage
    exit 0
    ;;
  -*)
    echo "submit.sh: unknown option $1 (see --help)" >&2
    exit 2
    ;;
esac
if [ $# -ne 1 ] || [ -z "$1" ]; then
  echo 'usage: sh submit.sh REPO_URL   (for example https://github.com/you/your-repository)' >&2
  exit 2
fi
if [ ! -x .venv/bin/python ]; then
  echo 'submit.sh: no .venv here; run-ingestion.sh makes it' >&2
  exit 2
fi
exec .venv/bin/python -m scrapy submit --repo "$1"
