# Sourced by the installers beside the tests: programs of any Debian release, unpacked below $home, changing nothing of the
# system and needing no rights. Who sources it sets $home and has a function fail.

# unpack NAME SUITE PACKAGE... - fetch the packages and all they need, with a package database of our own that is empty.
unpack() {
  name=$1 suite=$2
  shift 2
  folder=$home/$name
  [ -f "$folder/unpacked" ] && return
  command -v apt-get >/dev/null && [ -f "$keyring" ] ||
    fail "this is no Debian: put $name (from its own project) into $home/bin, or on PATH"
  rm -rf "$folder"
  mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/debs" "$folder/root"
  : >"$folder/apt/status"
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' "$(mirror)" "$suite" "$keyring" \
    >"$folder/apt/from.sources"
  own_apt "$folder" update >/dev/null || fail "the list of Debian's $suite could not be fetched; see $folder/apt/log"
  needed=$(own_apt "$folder" install -s "$@" | awk '/^Inst/ { print $2 }')
  [ -n "$needed" ] || fail "Debian's $suite has not what $name needs; see $folder/apt/log"
  # shellcheck disable=SC2086 - a list of packages
  (cd "$folder/debs" && own_apt "$folder" download $needed) >/dev/null ||
    fail "the packages of $name could not be fetched; see $folder/apt/log"
  for package in "$folder"/debs/*.deb; do
    dpkg-deb -x "$package" "$folder/root"
  done
  rm -rf "$folder/debs" "$folder/apt/lists" "$folder/apt/cache"
  : >"$folder/unpacked"
}

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

own_apt() {
  apt=$1/apt
  shift
  apt-get -q -o Dir::Etc::sourcelist="$apt/from.sources" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$apt/lists" \
    -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o APT::Install-Recommends=false \
    -o APT::Sandbox::User= "$@" 2>>"$apt/log"
}

# The mirror that this machine uses for Debian itself.
mirror() {
  cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
    awk '/^URIs:/ { print $2; exit } $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; exit } }'
}
