#!/bin/bash
# Everything a user does, in a root where xrayclf was installed and nothing else: run there by prove_dockerfile.py and
# prove_package.py as a user without rights, who may write to the folder $1 alone. $2 is the health check's command.
set -euo pipefail
work=$1 health=$2
die() { echo "use_it: $*" >&2; exit 1; }

(($(id -u) != 0)) || die "runs as root"
for folder in / /etc /usr /usr/bin /tmp /var /root; do
  ! touch "$folder/written" 2>/dev/null || die "$folder can be written to"
done
xrayclf --version
! ldd /usr/bin/xrayclf | grep 'not found' || die "a library is missing"
! $health >/dev/null 2>&1 || die "the health check says yes without a server"

cd "$work"
xrayclf phantoms --output films --patients 24 --quiet
xrayclf preprocess --input films/images.csv --output data --image_size 96 --quiet
# The engine of LibTorch trains; both engines predict, after the checkpoint's golden sample was computed again.
xrayclf train --data data --output run --model.architecture efficientnet_lite0 --model.weights none --epochs 1 --quiet >train.json
xrayclf eval --checkpoint run --data data --output report --quiet >report.txt
for engine in reference fused; do
  xrayclf predict --checkpoint run --engine $engine --format csv films/images --quiet >"$engine.csv"
  echo "$engine: $(($(wc -l <"$engine.csv") - 1)) films predicted"
done
xrayclf gradcam --checkpoint run --output maps "$(find films/images -name '*.png' | sort | head -n 1)" --quiet >/dev/null
[[ -s report/report.html && -n $(ls maps/overlays) ]] || die "eval or gradcam wrote nothing"

xrayclf serve --checkpoint run --quiet >served &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for ((i = 0; i < 150; ++i)); do
  ! xrayclf health --ready >/dev/null 2>&1 || break
  sleep 0.2
done
$health || die "the health check says no"
film=$(find films/images -name '*.png' | sort | head -n 1)
exec 3<>/dev/tcp/127.0.0.1/8000
{
  printf 'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n'
  printf 'Content-Length: %s\r\nConnection: close\r\n\r\n' "$(stat -c %s "$film")"
  cat "$film"
} >&3
answer=$(cat <&3)
exec 3>&-
[[ $answer == 'HTTP/1.1 200 '* && $answer == *'"probabilities"'* ]] || die "POST /predict: $answer"
probabilities() { tr -d ' \n\r' | grep -o '"probabilities":{[^}]*}' || true; }
said=$(probabilities <<<"$answer")
printed=$(xrayclf predict --checkpoint run --format jsonl "$film" --quiet | probabilities)
[[ -n $said && $said == "$printed" ]] || die "serve says '$said', predict '$printed'"
kill -TERM $server
wait $server || die "serve ended with $?"
echo "use_it: all of it works as user $(id -u)"
