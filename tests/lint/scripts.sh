#!/bin/bash
# Every shell script passes shellcheck at warning level, every Python file compiles, every C++ file is formatted.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
passed=0 failed=0
verdict() { # name, exit code, output
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'FAILED: %s\n%s\n' "$1" "$3"; fi
}
while read -r file; do
  read -r first <"$file" || true
  case $first in '#!'*bash* | '#!'*sh | '# shellcheck shell='*) ;; *) continue ;; esac
  out=$(shellcheck -x -S warning "$file" 2>&1)
  verdict "$file" $? "$out"
done < <(git ls-files -co --exclude-standard -- scripts tests docker .ci | grep -vE '\.(py|cc|h|yaml|yml|md|json|txt|go)$')
while read -r file; do
  out=$(/usr/bin/python3 - "$file" <<'PYTHON' 2>&1
import ast, sys
ast.parse(open(sys.argv[1]).read(), sys.argv[1])
PYTHON
  )
  verdict "$file" $? "$out"
done < <({ git ls-files -co --exclude-standard -- '*.py'; grep -lIE '^#!.*python3' scripts/* tests/lab/* 2>/dev/null; } | sort -u)
out=$(git ls-files -co --exclude-standard -- '*.cc' '*.h' | xargs -r clang-format-14 --dry-run -Werror 2>&1)
verdict "formatting of the C++ files" $? "$(echo "$out" | head -20)"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
