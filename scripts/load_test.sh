#!/usr/bin/env bash
# Throughput at saturation (wrk) and latency at fixed rates of arrivals of `xrayclf serve`, beside FastAPI and PyTorch on
# the same checkpoint, one after the other in one run. Wants a quiet machine, the package wrk, and for the peer about
# 2 GB of wheels in $XRAYCLF_CACHE.
set -euo pipefail

usage() {
  cat <<'TXT'
Usage: scripts/load_test.sh --checkpoint CHECKPOINT --film FILE [options]

  --program FILE      xrayclf to test (default: build/release/xrayclf)
  --seconds N         of each measurement (default: 20)
  --clients N         connections at saturation (default: 8)
  --rates "R R ..."   arrivals a second (default: "5 10 20")
  --precision NAME    of xrayclf (default: bfloat16, as the peer)
  --no-peer           xrayclf alone
TXT
}

say() { printf 'load_test: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$scripts/../build/release/xrayclf checkpoint='' film='' seconds=20 clients=8 rates='5 10 20'
precision=bfloat16 peer=yes
while (($#)); do
  case "$1" in
    --program) program=$2; shift 2 ;;
    --checkpoint) checkpoint=$2; shift 2 ;;
    --film) film=$2; shift 2 ;;
    --seconds) seconds=$2; shift 2 ;;
    --clients) clients=$2; shift 2 ;;
    --rates) rates=$2; shift 2 ;;
    --precision) precision=$2; shift 2 ;;
    --no-peer) peer=no; shift ;;
    -h|--help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$1'" ;;
  esac
done
[[ -n $checkpoint && -n $film ]] || { usage >&2; die "--checkpoint and --film are needed"; }
[[ -x $program ]] || die "$program is not there; give --program"
command -v wrk >/dev/null || die "wrk is missing: apt-get install wrk"
# A run means its best checkpoint, for the peer as well.
if [[ -f $checkpoint/checkpoints/best ]]; then checkpoint=$checkpoint/checkpoints/$(<"$checkpoint/checkpoints/best"); fi

work=$(mktemp -d)
server=
stop_server() {
  [[ -z $server ]] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
  server=
}
trap 'stop_server; rm -rf "$work"' EXIT

cat >"$work/post.lua" <<'LUA'
local file = assert(io.open(os.getenv("XRAYCLF_FILM"), "rb"))
local film = file:read("*a")
file:close()
wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=load"
wrk.body = '--load\r\nContent-Disposition: form-data; name="file"; filename="film"\r\n\r\n' .. film .. "\r\n--load--\r\n"
LUA

wait_for() {
  local i
  for ((i = 0; i < 600; ++i)); do
    ! curl -fsS -o /dev/null "$1" 2>/dev/null || return 0
    kill -0 "$server" 2>/dev/null || die "the server ended: $(tail -n 3 "$work/log")"
    sleep 0.2
  done
  die "the server is not ready"
}

# measure NAME URL
measure() {
  local rate
  echo "== $1"
  XRAYCLF_FILM=$film wrk -t1 -c2 -d3 -s "$work/post.lua" "$2/predict" >/dev/null  # warm
  XRAYCLF_FILM=$film wrk -t1 -c"$clients" -d"$seconds" --timeout 30 --latency -s "$work/post.lua" "$2/predict"
  for rate in $rates; do python3 "$scripts/load_client.py" "$2" "$film" "$rate" "$seconds"; done
}

start_xrayclf() {
  "$program" serve --checkpoint "$checkpoint" --port 18000 --precision "$precision" --log-level warning \
    --limits.connections 256 --limits.connections_per_address 256 --limits.requests 1000000000 --queue 64 \
    >"$work/log" 2>&1 &
  server=$!
  wait_for http://127.0.0.1:18000/ready
}

peer_python() {
  local cache=${XRAYCLF_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xrayclf} folder
  folder=$cache/load-peer
  if [[ ! -x $folder/bin/uvicorn ]]; then
    say "making the peer's environment in $folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 torchvision==0.28.0 \
      opencv-python-headless==4.11.0.86 safetensors==0.5.3 fastapi==0.115.12 uvicorn==0.34.2 python-multipart==0.0.20 >&2
  fi
  printf '%s\n' "$folder/bin/python"
}

# start_peer WORKERS THREADS
start_peer() {
  local tcmalloc
  tcmalloc=$(ldconfig -p | awk '/libtcmalloc_minimal\.so/ {print $NF; exit}')
  [[ -n $tcmalloc ]] || say "no tcmalloc (apt-get install libtcmalloc-minimal4): the peer is slower without"
  LD_PRELOAD=$tcmalloc OMP_NUM_THREADS=$2 XRAYCLF_THREADS=$2 XRAYCLF_CHECKPOINT=$checkpoint "$python" -m uvicorn \
    --app-dir "$scripts" load_peer:app --port 18001 --workers "$1" --log-level warning >"$work/log" 2>&1 &
  server=$!
  wait_for http://127.0.0.1:18001/health
}

cores=$(nproc)
start_xrayclf
measure "xrayclf, $precision" http://127.0.0.1:18000
stop_server
[[ $peer == yes ]] || exit 0
python=$(peer_python)
start_peer "$cores" 1
measure "FastAPI, $cores workers of 1 thread, bfloat16" http://127.0.0.1:18001
stop_server
start_peer 1 "$cores"
measure "FastAPI, 1 worker of $cores threads, bfloat16" http://127.0.0.1:18001
