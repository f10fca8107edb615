#!/bin/sh
# What the container runs (run), and how Docker asks how it does (health). From the project's folder; POSIX sh only.
#
# Docker starts a container again whatever it failed for. An end that trying again cannot change (wrong use or
# configuration, an unknown submission, an expired key, a held state) is therefore written down, and the same container
# started again within a minute ends with the same code at once, without a call. Started later, or made anew, it runs.
set -eu

. datasync_crawler/sh/environment.sh

ended=${STATE_DIR:-.datasync}/container-ended

is_final() { case $1 in 2 | 3 | 4 | 5) true ;; *) false ;; esac; }

# Prints the code with which this very container ended less than a minute ago, where that was final.
final_code() {
  [ -e "$ended" ] && read -r name at code <"$ended" || return 0
  if [ "$name" = "$(hostname)" ] && [ $(($(date +%s) - at)) -lt 60 ]; then echo "$code"; fi
}

write_down() { echo "$(hostname) $(date +%s) $1" >"$ended" 2>/dev/null || say "$ended cannot be written"; }

# Waits for the child until it has ended: a signal that is passed on ends the first wait only.
wait_for() {
  code=0
  wait "$1" || code=$?
  while kill -0 "$1" 2>/dev/null; do
    code=0
    wait "$1" || code=$?
  done
}

run() {
  code=$(final_code)
  [ -z "$code" ] || die "$code" "ended with $code, which trying again does not change: the reason is said above"
  sh run-ingestion.sh --local &
  child=$!
  # One signal for both: a shell starts what runs beside it deaf to interrupts.
  trap 'kill -TERM "$child" 2>/dev/null' INT TERM
  wait_for "$child"
  ! is_final "$code" || write_down "$code"
  exit "$code"
}

# Well is what the live page calls well, and so is a chain between two crawls, when there is no page.
health() {
  [ "${WEB_PORT:-}" != off ] || return 0
  "$python" - <<'PYTHON'
import os
import sys
import urllib.error
import urllib.request

port = os.environ.get("WEB_PORT") or "8000"
try:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=4) as answer:
        print(answer.read().decode())
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
except urllib.error.URLError as error:
    if not isinstance(error.reason, ConnectionRefusedError):
        sys.exit(f"the live page does not answer: {error.reason}")
    print("no crawl runs")
except OSError as error:
    sys.exit(f"the live page does not answer: {error}")
PYTHON
}

case ${1:-} in
  run) run ;;
  health) health ;;
  *) die 2 "container.sh: run or health" ;;
esac
