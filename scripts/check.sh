#!/usr/bin/env bash
# Checks that need no build: format, layers, shell scripts, Python syntax. Runs all of them, then says which failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

failed=()
check() {
  local name=$1
  shift
  if "$@"; then echo "check: $name ok"; else failed+=("$name"); fi
}

check_format() { git ls-files -z '*.cpp' '*.hpp' | xargs -0 -r clang-format --dry-run --Werror; }
check_shell() { git ls-files -z '*.sh' .ci/run | xargs -0 -r shellcheck; }
check_python() {
  git ls-files -z '*.py' | xargs -0 -r python3 -c '
import ast, sys
for path in sys.argv[1:]:
    ast.parse(open(path, encoding="utf-8").read(), path)'
}

check format check_format
check layers scripts/check_layers.py
check shellcheck check_shell
check "python syntax" check_python

if ((${#failed[@]})); then
  printf 'check: %s FAILED\n' "${failed[@]}"
  exit 1
fi
