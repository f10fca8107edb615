#!/bin/sh
# Runs every check of the house, on a machine that has nothing but Python 3.11 or later:
#   sh run-tests.sh                      everything, and whether it is as quick as it was
#   sh run-tests.sh --fast               the same without the slow tests and the benches
#   sh run-tests.sh -- tests/domain -x   arguments after -- go to pytest
# Stops at the first check that fails, with its exit code. NO_INSTALL=1 installs nothing.
set -eu

usage() { sed -n '2,6s/^# \{0,1\}//p' run-tests.sh; }

cd "$(dirname "$0")"
. datasync_crawler/sh/environment.sh

only=
while [ $# -gt 0 ]; do
  case $1 in
    --fast) only='not slow' ;;
    --help | -h) usage; exit 0 ;;
    --) shift; break ;;
    *) die 2 "run-tests.sh: unknown option $1 (see --help)" ;;
  esac
  shift
done

check() {
  say "-- $*"
  "$python" -m "$@"
}

fresh_venv requirements-dev.txt
find_browser
check ruff check
check ruff format --check
check mypy
say "-- lint-imports"
"$python" -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache
say "-- pytest"
"$python" -m pytest ${only:+-m "$only"} "$@" </dev/null
if [ -z "$only" ] && [ $# -eq 0 ]; then
  check bench.run_all --check
fi
