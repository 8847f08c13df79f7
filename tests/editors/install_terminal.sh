#!/bin/sh
# Installs the editors of the terminal for the tests beside this file:
#   install_terminal.sh [nvim-0.12 | nvim-0.7 | emacs-30 | emacs-28 | hx]...     (none named: all)
#
# They come from Debian's own packages, of the release that has the version wanted, and are unpacked below $EDITORS_HOME
# (default: ~/.cache/editors) with all that they need: nothing of the system changes and no rights are needed. What is
# there already stays. $EDITORS_HOME/bin/NAME starts one. Elsewhere than on Debian, put programs of these names there, or
# have them on PATH: the tests look at both.
set -eu
. "$(dirname "$0")/../debian.sh"

home=${EDITORS_HOME:-$HOME/.cache/editors}

main() {
  [ $# -gt 0 ] || set -- nvim-0.12 nvim-0.7 emacs-30 emacs-28 hx
  mkdir -p "$home/bin"
  running='' failed=''
  for name in "$@"; do
    install_one "$name" &
    running="$running $!"
  done
  for one in $running; do
    wait "$one" || failed=yes
  done
  [ -z "$failed" ] || exit 1
  command -v tmux >/dev/null || system_package tmux
}

install_one() {
  case $1 in
    nvim-0.12) unpack "$1" sid neovim ;;
    nvim-0.7) unpack "$1" bookworm neovim ;;
    hx) unpack "$1" sid hx ;;
    emacs-30) unpack "$1" trixie emacs-nox elpa-lsp-mode ;;
    emacs-28) unpack "$1" bookworm emacs-nox elpa-eglot elpa-lsp-mode ;;
    *) fail "no such editor: $1" ;;
  esac
  # Emacs finds its heap by its own name, and would compile stubs of built-in functions and each file that it loads with
  # itself, which it cannot here: it tried again with hundreds of processes, until it could open no more files.
  case $1 in
    emacs-*)
      ln -sf "$(find "$home/$1/root/usr/libexec/emacs" -name '*.pdmp')" "$home/$1/root/usr/bin/emacs.pdmp"
      mkdir -p "$home/$1/root/site"
      echo '(setq comp-enable-subr-trampolines nil native-comp-enable-subr-trampolines nil
      native-comp-deferred-compilation nil native-comp-jit-compilation nil)' >"$home/$1/root/site/site-start.el"
      ;;
  esac
  launcher "$1" >"$home/bin/$1.new"
  chmod +x "$home/bin/$1.new"
  mv "$home/bin/$1.new" "$home/bin/$1"
  echo "$1: $("$home/bin/$1" --version 2>/dev/null | head -n 1)"
}

# A program of another release runs with that release's own loader and libraries. The programs that it starts do not.
launcher() {
  cat <<'HEAD'
#!/bin/sh
set -eu
bin=$(dirname "$(readlink -f "$0")")
HEAD
  echo "root=\$(dirname \"\$bin\")/$1/root"
  folder=$home/$1/root
  loader=$(cd "$folder" && find . -name 'ld-linux*' | sort | head -n 1)
  libraries=$(cd "$folder" && find . -name 'libc.so.6' -o -path './usr/lib/*-linux-gnu' | sed 's,/libc.so.6,,' | sort -u)
  echo "loader=\$root/$loader"
  echo "libraries=$(for one in $libraries; do printf '%s:' "\$root/$one"; done)"
  case $1 in
    nvim-*) cat <<'RUN' ;;
export VIMRUNTIME="${VIMRUNTIME:-$root/usr/share/nvim/runtime}"
exec "$loader" --library-path "$libraries" --argv0 nvim "$root/usr/bin/nvim" --cmd "set rtp+=$root/usr/lib/nvim" "$@"
RUN
    hx) cat <<'RUN' ;;
export HELIX_RUNTIME="${HELIX_RUNTIME:-$root/usr/lib/hx/runtime}"
exec "$loader" --library-path "$libraries" --argv0 hx "$root/usr/lib/hx/hx" "$@"
RUN
    emacs-*) cat <<'RUN' ;;
shared=$(echo "$root"/usr/share/emacs/[0-9]*)
dump=$(find "$root/usr/libexec/emacs" -name '*.pdmp')
folders=$(find "$root"/usr/share/emacs/site-lisp/elpa-src/* "$shared/lisp" -maxdepth 1 -type d | tr '\n' ':')
export EMACSDATA="$shared/etc" EMACSDOC="$shared/etc" EMACSPATH="$(dirname "$dump")" EMACSLOADPATH="$root/site:$folders"
exec "$loader" --library-path "$libraries" --argv0 "$root/usr/bin/emacs" "$root/usr/bin/emacs-nox" "$@"
RUN
  esac
}

system_package() {
  command -v apt-get >/dev/null || fail "please install $1: the editors run in it"
  [ "$(id -u)" = 0 ] || fail "please run: sudo apt-get install --no-install-recommends $1"
  {
    apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$1"
  } >"$home/apt.log" 2>&1 || fail "apt-get could not install $1; its words are in $home/apt.log"
}

fail() {
  echo "install_terminal.sh: $1" >&2
  exit 1
}

main "$@"
