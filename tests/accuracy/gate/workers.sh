#!/usr/bin/env bash
# The study by several workers at once, each on two cores of its own: live verdicts first, unchanged runs in the rest
# of the time. What each leaves is one series of the state.
#   tests/accuracy/gate/workers.sh OUT STATE SECONDS WORKERS     HOTLOOP and MOE name the programs
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=$1 state=$2 seconds=$3 workers=$4
common=(--results "$out" --hotloop "${HOTLOOP:-build/dev/bin/hotloop}" --moe "${MOE:-build/dev/bin/hotloop-moe}")
mkdir -p "$out"
end=$(($(date +%s) + seconds))
worker() {
  local n=$1 cores=$((2 * $1)),$((2 * $1 + 1))
  taskset -c "$cores" python3 "$here/live.py" "${common[@]}" --state "$state" --share "$n/$workers" --budget $((seconds * 45 / 100))
  # One run may begin at the very end.
  taskset -c "$cores" python3 "$here/collect.py" "${common[@]}" --state "$state-$n" --runs 100000 --budget $((end - $(date +%s) - 5))
}
for ((n = 0; n < workers; n++)); do worker "$n" 2>"$out/worker$n.log" & done
wait
wc -l "$out"/*.tsv "$out"/*.jsonl
