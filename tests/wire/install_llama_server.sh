#!/bin/sh
# Installs a llama.cpp server for the tests beside this file and for its benchmark, from Debian's own packages, below
# $ENGINES_HOME (default: ~/.cache/engines); $ENGINES_HOME/bin/llama-server starts it. Elsewhere than on Debian, have
# llama-server on PATH, or set LLAMA_SERVER. No model is fetched: the tests write a tiny one of random weights.
set -eu
. "$(dirname "$0")/../debian.sh"

home=${ENGINES_HOME:-$HOME/.cache/engines}

main() {
  mkdir -p "$home/bin"
  unpack llama-server sid llama.cpp-tools
  launcher >"$home/bin/llama-server.new"
  chmod +x "$home/bin/llama-server.new"
  mv "$home/bin/llama-server.new" "$home/bin/llama-server"
  echo "llama-server: $("$home/bin/llama-server" --version 2>&1 | grep -m 1 version)"
}

# It runs with its own release's loader and libraries. The backend that computes is a library that it looks for in the
# system: here it is named, the one that every processor can run.
launcher() {
  cat <<'HEAD'
#!/bin/sh
set -eu
bin=$(dirname "$(readlink -f "$0")")
root=$(dirname "$bin")/llama-server/root
HEAD
  folder=$home/llama-server/root
  loader=$(cd "$folder" && find . -name 'ld-linux*' | sort | head -n 1)
  libraries=$(cd "$folder" && find ./usr/lib -name '*.so*' ! -type d | sed 's,/[^/]*$,,' | sort -u)
  backend=$(cd "$folder" && find . -name 'libggml-cpu-x64.so' -o -name 'libggml-cpu-armv8.0_1.so' | head -n 1)
  echo "export GGML_BACKEND_PATH=\"\$root/$backend\""
  echo "libraries=$(for one in $libraries; do printf '%s:' "\$root/$one"; done)"
  echo "exec \"\$root/$loader\" --library-path \"\$libraries\" --argv0 llama-server \"\$root/usr/bin/llama-server\" \"\$@\""
}

fail() {
  echo "install_llama_server.sh: $1" >&2
  exit 1
}

main "$@"
