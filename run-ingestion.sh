#!/bin/sh
set -eu

usage() {
  cat <<'USAGE'
usage: sh run-ingestion.sh [--local | --docker | --demo]

Sets up what is missing, then finds out how the API works, stores every event in PostgreSQL, proves that none is
missing, and with AUTO_SUBMIT=true submits them. Can be run again after anything: it goes on where it stopped.

  (none)    Docker Compose when a Docker engine answers, else as --local
  --local   on this machine: .venv, a browser, and the PostgreSQL at DATABASE_URL or an embedded one
  --docker  with Docker Compose
  --demo    on this machine, against the bundled simulator: needs no key and no network

example:
  TARGET_API_KEY=... sh run-ingestion.sh --local

The key and every other setting come from the environment or from .env (see .env.example).
Exit: 0 complete, 1 not complete but resumable, 2 wrong use, 3 submission unknown, 4 key expired, 5 already running,
128 + N ended by signal N.
USAGE
}

engine_answers() { docker info >/dev/null 2>&1 </dev/null && docker compose version >/dev/null 2>&1; }

told() { docker inspect -f "{{.State.$1}}" "$container"; }

# Shows the container's log until it ends, through all that Docker starts it again: it is running while it waits for that.
# What was shown is shown once more rather than anything left out. stdout stays stdout.
follow() {
  since=0
  while
    docker logs -f --since "$since" "$container" &
    follower=$!
    # A signal ends the first wait at once; the second one sees the container's last words.
    wait "$follower" || true
    wait "$follower" 2>/dev/null || true
    since=$(told FinishedAt)
    [ "$(told Running)" = true ]
  do sleep 1; done
}

in_docker() {
  engine_answers || die 2 "run-ingestion.sh: --docker, but no Docker engine with Compose answers"
  [ -z "$(docker compose ps -q --status running --status restarting assignment-ingestion)" ] || die 5 "assignment-ingestion is already running"
  docker compose rm -fs assignment-ingestion >&2
  docker compose up -d --build >&2
  container=$(docker compose ps -aq assignment-ingestion)
  trap 'docker stop --time 60 "$container" >/dev/null' INT TERM
  follow
  exit "$(told ExitCode)"
}

on_this_machine() {
  fresh_venv requirements.txt
  find_browser
  case ${PROGRESS-$(of_dotenv PROGRESS)} in
    # Programs read views on stdout then.
    [Jj][Ss][Oo][Nn]) say 'set-up done' ;;
    *) echo 'set-up done' ;;
  esac
  exec "$python" -m scrapy ingest "$@"
}

cd "$(dirname "$0")"
. datasync_crawler/sh/environment.sh

[ $# -le 1 ] || die 2 "run-ingestion.sh: one option at most (see --help)"
case ${1:-} in
  --help | -h) usage ;;
  --demo) on_this_machine --demo ;;
  --local) on_this_machine ;;
  --docker) in_docker ;;
  '') if engine_answers; then in_docker; else on_this_machine; fi ;;
  *) die 2 "run-ingestion.sh: unknown option $1 (see --help)" ;;
esac
