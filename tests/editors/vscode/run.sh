#!/bin/sh
# Installs VS Code and a browser where they are missing, and runs all tests of this folder in them; pictures and logs are
# in artefacts/vscode afterwards. Arguments go to the test runner: run.sh --test-name-pattern='ghost text'
#
# Where the editor cannot be had, nothing runs and that is said; with TIERWISE_EDITORS=require it is a failure.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)

main() {
  if ! sh "$here/../install_vscode.sh"; then
    echo "VS Code: skipped, the editor is not here" >&2
    [ "${TIERWISE_EDITORS:-}" != require ]
    return
  fi
  [ -n "${TIERWISE_PYTHON:-}" ] || [ -x "$root/.venv/bin/python" ] || make -C "$root" .venv/.ready
  cd "$here"
  [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund
  node prepare.js
  for file in story.test.js trust.test.js views.test.js setup.test.js; do
    played "$file" "$@" || again "$file" "$@" || again "$file" "$@" || exit 1
  done
}

# A browser on a busy machine may be late: a file counts as failed when it fails three times.
again() {
  echo "$1: tried again" >&2
  played "$@"
}

played() {
  file=$1
  shift
  node --test --test-concurrency=1 --test-timeout=600000 --test-reporter=spec "$@" "$file"
}

main "$@"
