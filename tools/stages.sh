# Sourced by ./check and ./demo: named stages with a time each, and a closing count.
# A stage that fails is said so at once and at the end; the later stages still run where that is useful.

stage_passed=0
stage_failed=0
stage_failures=()

# stage <name> <command...>: runs it with its output in a log, which is shown when it fails.
stage() {
  local name=$1 log began seconds
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/hotloop-stage.XXXXXX")
  began=$(date +%s)
  printf '== %s\n' "$name"
  if "$@" >"$log" 2>&1; then
    seconds=$(($(date +%s) - began))
    grep -E 'tests passed|tests failed|^[0-9]+ (passed|inputs)|^bench ' "$log" | tail -n 12 | sed 's/^/   /'
    printf '   ok (%d s)\n' "$seconds"
    stage_passed=$((stage_passed + 1))
    rm -f "$log"
    return 0
  fi
  seconds=$(($(date +%s) - began))
  tail -n 80 "$log" | sed 's/^/   /'
  printf '   FAILED after %d s; whole log: %s\n' "$seconds" "$log"
  stage_failed=$((stage_failed + 1))
  stage_failures+=("$name")
  return 1
}

# Prints the closing line that test runners read, and returns 1 when a stage failed.
stages_end() {
  local name
  for name in "${stage_failures[@]}"; do printf 'failed: %s\n' "$name"; done
  printf '%d passed, %d failed\n' "$stage_passed" "$stage_failed"
  [ "$stage_failed" -eq 0 ]
}
