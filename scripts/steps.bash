# Sourced by scripts/check and scripts/test: named steps that are quiet while they go well.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# step NAME COMMAND [ARGUMENT…] runs the command and says how long it took; when it fails, it shows everything the
# command said and ends the script.
step() {
  local name=$1 began=$SECONDS
  shift
  printf '%-52s' "$name"
  if "$@" >"$said" 2>&1 </dev/null; then
    printf 'ok  %4d s\n' $((SECONDS - began))
    return
  fi
  printf 'FAILED after %d s\n\n' $((SECONDS - began))
  cat "$said"
  printf '\nFAILED: %s\n' "$name"
  [ "$(type -t "$1")" = function ] || printf 'To run it alone:  %s\n' "$*"
  exit 1
}

formatted() {
  local badly
  badly=$(git ls-files -z --cached --others --exclude-standard -- '*.go' | xargs -0 -r ls -d 2>/dev/null | xargs -r gofmt -l)
  [ -z "$badly" ] || { printf 'gofmt would change these files:\n%s\n' "$badly"; return 1; }
}

# npm_current tells whether node_modules is what package-lock.json asks for.
npm_current() { cmp -s package-lock.json node_modules/.installed-lock.json; }

npm_install() {
  npm ci --no-audit --no-fund && cp package-lock.json node_modules/.installed-lock.json
}
