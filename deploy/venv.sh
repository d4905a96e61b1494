#!/bin/sh
# Bring .venv to what a lock file says, each file by its hash, and put the project itself into it.
set -eu
python=$1 lock=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "Python 3.11 or later is needed, $python is $("$python" --version); run make with PYTHON=/path/to/python3.11" >&2
  exit 1
}
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip --disable-pip-version-check install -q --no-deps --require-hashes -r "$lock"
.venv/bin/python -m pip --disable-pip-version-check install -q --no-deps --no-build-isolation -e .
