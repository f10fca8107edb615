# Sourced by the scripts of the top level, from there: a virtual environment and a browser, made only where they are missing.
# Reads PYTHON, BROWSER_PATH and NO_INSTALL; sets `python` (the environment's) and exports BROWSER_PATH where a browser was found.
# POSIX sh only. Everything it says goes to stderr; an installer's output is shown only when it fails.

venv=.venv
python=$venv/bin/python

say() { printf '%s\n' "$*" >&2; }

die() {
  code=$1
  shift
  say "$*"
  exit "$code"
}

may_install() { [ "${NO_INSTALL:-}" != 1 ]; }

# quietly COMMAND...: its output only when it fails; its exit code
quietly() {
  log=$(mktemp)
  code=0
  "$@" >"$log" 2>&1 </dev/null || code=$?
  [ "$code" -eq 0 ] || cat "$log" >&2
  rm -f "$log"
  return "$code"
}

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# A name on PATH may be a version manager's shim with nothing behind it, so each candidate is run before it is believed.
system_python() {
  if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
  else
    set -- python3.13 python3.12 python3.11 python3 python
  fi
  for candidate in "$@"; do
    if is_recent "$candidate"; then
      # The interpreter itself: the name may lead into the very environment that is about to be replaced.
      "$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))'
      return 0
    fi
  done
  return 1
}

as_root_with_apt() { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_install() {
  DEBIAN_FRONTEND=noninteractive quietly sh -c 'apt-get update && apt-get install -y --no-install-recommends "$@"' sh "$@"
}

# A killed installer leaves `unfinished` behind: what it did is not worth repairing.
make_empty_venv() {
  rm -rf "$venv"
  mkdir "$venv"
  : >"$venv/unfinished"
  quietly "$base" -m venv "$venv"
}

make_venv() {
  base=$(system_python) || die 2 "no Python of 3.11 or later at ${PYTHON:-PATH}; name one with PYTHON=/path/to/python3"
  say "making $venv with $("$base" -V)"
  if "$base" -c 'import ensurepip' 2>/dev/null; then
    make_empty_venv && return 0
  elif as_root_with_apt; then
    # Debian ships the part of Python that makes environments in a package of its own.
    apt_install python3-venv && make_empty_venv && return 0
  fi
  die 2 "$base cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv"
}

is_usable() { is_recent "$python" && [ ! -e "$venv/unfinished" ]; }

checksum() { cat requirements.txt "$1" | cksum; }

is_fresh() { is_usable && [ "$(cat "$venv/stamp-$1" 2>/dev/null || true)" = "$(checksum "$1")" ]; }

# Two runs may start in one checkout; the second waits for the first one's set-up. The link names its maker, so a dead one's is taken.
lock() {
  until ln -s "$$" "$venv.lock" 2>/dev/null; do
    holder=$(readlink "$venv.lock" || true)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -f "$venv.lock"; else sleep 1; fi
  done
}

unlock() { rm -f "$venv.lock"; }

install_requirements() {
  is_usable || make_venv
  say "installing $1"
  : >"$venv/unfinished"
  quietly "$python" -m pip install -q --disable-pip-version-check --no-input -r "$1" || die 2 "cannot install $1"
  checksum requirements.txt >"$venv/stamp-requirements.txt"
  checksum "$1" >"$venv/stamp-$1"
  rm "$venv/unfinished"
}

# fresh_venv REQUIREMENTS: leaves an environment that has what that file, which may include requirements.txt, names
fresh_venv() {
  ! is_fresh "$1" || return 0
  may_install || die 2 "$venv does not hold what $1 names, and NO_INSTALL=1 forbids installing"
  lock
  is_fresh "$1" || install_requirements "$1"
  unlock
}

# of_dotenv NAME: what .env says of a setting
of_dotenv() {
  "$python" -c 'import sys; from dotenv import dotenv_values; print(dotenv_values(".env").get(sys.argv[1]) or "")' "$1"
}

# Prints where a browser of this machine is.
system_browser() {
  for candidate in chromium chromium-browser google-chrome google-chrome-stable chrome; do
    command -v "$candidate" && return 0
  done
  return 1
}

# Whether Playwright has a browser of its own that starts: a download alone may lack the system's libraries.
playwright_browser() {
  "$python" - >/dev/null 2>&1 <<'PYTHON'
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    playwright.chromium.launch(args=["--no-sandbox"], timeout=20_000).close()
PYTHON
}

install_browser() {
  say "no browser found: installing one"
  limit=
  ! command -v timeout >/dev/null 2>&1 || limit="timeout 60"
  # Where its downloads are out of reach there is still the system's package manager, so a failure here is not worth a page of log.
  if $limit "$python" -m playwright install chromium >/dev/null 2>&1 </dev/null && playwright_browser; then
    return 0
  fi
  ! as_root_with_apt || apt_install chromium || return 1
}

# Leaves BROWSER_PATH pointing at a browser, or unset where Playwright has its own, or unset with a warning.
find_browser() {
  BROWSER_PATH=${BROWSER_PATH:-$(of_dotenv BROWSER_PATH)}
  if [ -n "$BROWSER_PATH" ]; then
    [ -x "$BROWSER_PATH" ] || die 2 "BROWSER_PATH=$BROWSER_PATH is not an executable file"
    export BROWSER_PATH
    return 0
  fi
  unset BROWSER_PATH
  found=$(system_browser) || playwright_browser || { may_install && install_browser; } || true
  found=${found:-$(system_browser || true)}
  if [ -n "$found" ]; then
    BROWSER_PATH=$found
    export BROWSER_PATH
  elif ! playwright_browser; then
    say "warning: no browser: what the dashboard shows is learned from its bundles only"
  fi
}
