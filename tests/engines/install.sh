#!/bin/sh
# Installs the language servers that the tests beside this file drive:
#   install.sh [typescript | pyright | gopls | rust-analyzer]...     (none named: all)
#
# They go below $ENGINES_HOME (default: ~/.cache/engines), nothing of the system changes and no rights are needed; what
# is there already stays. $ENGINES_HOME/bin/NAME starts one. typescript-language-server (with the TypeScript that it
# drives) and pyright come from npm; gopls, with the Go that it calls, and rust-analyzer come from Debian's own packages
# of the release that has them, unpacked with all that they need. Elsewhere than on Debian, put programs of these names
# into $ENGINES_HOME/bin, or have them on PATH: the tests look at both.
set -eu
. "$(dirname "$0")/../debian.sh"

home=${ENGINES_HOME:-$HOME/.cache/engines}

main() {
  [ $# -gt 0 ] || set -- typescript pyright gopls rust-analyzer
  mkdir -p "$home/bin"
  for name in "$@"; do
    case $name in
      # From version 7 on the compiler is a language server itself, but not one that this server can drive.
      typescript) from_npm typescript typescript-language-server typescript-language-server@5 typescript@6 ;;
      pyright) from_npm pyright pyright-langserver pyright@1 ;;
      gopls) from_debian gopls sid gopls golang-go ;;
      rust-analyzer) from_debian rust-analyzer sid rust-analyzer ;;
      *) fail "no such language server: $name" ;;
    esac
  done
}

# from_npm NAME PROGRAM PACKAGE...
from_npm() {
  name=$1 program=$2
  shift 2
  manifest=$home/$name/node_modules/${1%@*}/package.json
  if [ ! -x "$home/$name/node_modules/.bin/$program" ]; then
    mkdir -p "$home/$name"
    npm install --silent --no-audit --no-fund --prefix "$home/$name" "$@" >"$home/$name/log" 2>&1 ||
      fail "npm could not install $*; its words are in $home/$name/log"
  fi
  ln -sf "../$name/node_modules/.bin/$program" "$home/bin/$program"
  echo "$program: $(sed -n 's/^ *"version": "\(.*\)".*/\1/p' "$manifest")"
}

# from_debian PROGRAM SUITE PACKAGE...
from_debian() {
  program=$1 suite=$2
  unpack "$@"
  launcher "$program" >"$home/bin/$program.new"
  chmod +x "$home/bin/$program.new"
  mv "$home/bin/$program.new" "$home/bin/$program"
  echo "$program: $("$home/bin/$program" "$(version_word "$program")" 2>&1 | tail -n 1)"
}

version_word() {
  [ "$1" = gopls ] && echo version || echo --version
}

# A program of another release runs with that release's own loader and libraries. The programs that it starts do not:
# Go is linked statically, and finds the rest of itself from where it lies.
launcher() {
  cat <<'HEAD'
#!/bin/sh
set -eu
bin=$(dirname "$(readlink -f "$0")")
HEAD
  echo "root=\$(dirname \"\$bin\")/$1/root"
  folder=$home/$1/root
  loader=$(cd "$folder" && find . -name 'ld-linux*' | sort | head -n 1)
  libraries=$(cd "$folder" && find . \( -name 'libc.so.6' -o -name 'libLLVM*.so.*' \) -o -path './usr/lib/*-linux-gnu' |
    sed 's,/lib[A-Za-z0-9.-]*\.so[.0-9]*$,,' | sort -u)
  echo "loader=\$root/$loader"
  echo "libraries=$(for one in $libraries; do printf '%s:' "\$root/$one"; done)"
  if [ "$1" = gopls ]; then
    go=$(cd "$folder" && find ./usr/lib -path '*/bin/go' | sort | tail -n 1)
    echo "export PATH=\"\$root/$(dirname "$go"):\$PATH\" GOTOOLCHAIN=local GOPROXY=off GOTELEMETRY=off"
  fi
  echo "exec \"\$loader\" --library-path \"\$libraries\" --argv0 $1 \"\$root/usr/bin/$1\" \"\$@\""
}

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

main "$@"
