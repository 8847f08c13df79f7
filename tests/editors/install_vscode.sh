#!/bin/sh
# Installs VS Code in the browser (code-server) and a Chromium to drive it with, for the tests in tests/editors/vscode.
#
# Everything that npm brings goes below $EDITORS_HOME (default: ~/.cache/editors); what is there already stays. The
# system's packages are installed with apt where this user may, and named where not. Linux only: the other platforms
# run the same extension code, whose platform branches have unit tests.
set -eu

CODE_SERVER=4.139.1 # brings VS Code 1.139.1
NODE=24.21.0        # what that code-server is built for
PACKAGES="chromium libkrb5-dev libsecret-1-dev libx11-dev libxkbfile-dev fonts-dejavu-core g++ make python3"

home=${EDITORS_HOME:-$HOME/.cache/editors}/vscode

main() {
  mkdir -p "$home"
  system_packages
  node_for_it
  code_server
  echo "code-server $CODE_SERVER: $(entry)"
}

entry() {
  echo "$home/code-server/lib/node_modules/code-server/out/node/entry.js"
}

node_folder() {
  case $(uname -m) in
    x86_64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "no Node for $(uname -m) is packaged on npm" ;;
  esac
  echo "$home/node/node_modules/node-linux-$arch"
}

system_packages() {
  missing=
  for package in $PACKAGES; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return
  command -v apt-get >/dev/null || fail "please install what corresponds to these packages of Debian:$missing"
  [ "$(id -u)" = 0 ] || fail "please run: sudo apt-get install --no-install-recommends$missing"
  # shellcheck disable=SC2086 - a list of packages
  apt_install $missing || { apt-get -q update && apt_install $missing; } >"$home/apt-update.log" 2>&1 ||
    fail "apt-get could not install:$missing; its words are in $home/apt.log"
}

# A machine that never fetched the list of packages, or did long ago, needs it first.
apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >"$home/apt.log" 2>&1
}

node_for_it() {
  folder=$(node_folder)
  [ -x "$folder/bin/node" ] || npm install --silent --no-save --prefix "$home/node" "${folder##*/}@$NODE"
}

# Its native parts are compiled here: a few minutes, once.
code_server() {
  [ -f "$(entry)" ] && [ -f "$home/installed-$CODE_SERVER" ] && return
  folder=$(node_folder)
  PATH="$folder/bin:$PATH" npm_config_nodedir="$folder" npm_config_jobs=max \
    npm install -g --prefix "$home/code-server" --foreground-scripts "code-server@$CODE_SERVER" >"$home/npm.log" 2>&1 ||
    fail "npm could not install code-server $CODE_SERVER; its words are in $home/npm.log"
  : >"$home/installed-$CODE_SERVER"
}

fail() {
  echo "install_vscode.sh: $1" >&2
  exit 1
}

main
