#!/usr/bin/env bash
# All that only a GPU can tell, in one command of less than 8 minutes: for an unpacked bundle (./sluice bundle) or a working tree.
#
#   kernels/check-gpu.sh [FOLDER]     leaves FOLDER/check-gpu.md, a table for docs/gpu.md, and FOLDER/check-gpu.log, all that
#                                     the steps printed; FOLDER is $OUT, else gpu-check here, unless given
#
# STEPS="doctor main-job" runs these steps only. A step may take until the budgets of all steps up to it are used up, so what
# one saves goes to the next; the most telling come first. Exit code 1 when a step failed or ran out of time. What is not
# installed here (nvcc, g++, compute-sanitizer) is said and skipped. On the stand-in driver, which is no GPU, every line says so.
set -uo pipefail
export LC_ALL=C.UTF-8
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
out=${1:-${OUT:-gpu-check}}
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
table=$out/check-gpu.md
log=$out/check-gpu.log
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$log"

device=cuda
models=${MODELS:-1000}
rows=()
failed=0
limit=470 # seconds for everything
patience=1 # budgets are this many times as long
budget_end=0
mark=
SECONDS=0

sluice() { "$home/sluice" "$@"; }
export -f sluice
export home device models work

# Prints the value of a key of the JSON in a file, the first one.
value() { sed -n "s/.*\"$1\" : \"\{0,1\}\([^\",]*\).*/\1/p" "$2" | head -n 1; }

# $1 step, $2 outcome, $3 seconds, $4 what came out
row() {
  local seconds=$3
  [[ -z $mark ]] || seconds=- # of no meaning there
  rows+=("| $mark$1 | $2 | $seconds | ${4//|//} |")
  printf '%-24s %-8s %4s s  %s\n' "$mark$1" "$2" "$seconds" "$4"
}

wanted() { [[ -z ${STEPS:-} || " $STEPS " == *" $1 "* ]]; }

# step NAME BUDGET FIGURE COMMAND: FIGURE is a shell command that reads the step's output and prints what to show of it.
step() {
  local name=$1 budget=$2 figure=$3 command=$4 start=$SECONDS left code shown output=$work/$1.txt
  wanted "$name" || return 0
  budget_end=$((budget_end + budget * patience))
  [[ $budget_end -le $limit ]] || budget_end=$limit
  left=$((budget_end - start))
  if [[ $left -lt 1 ]]; then
    failed=1
    row "$name" FAILED 0 "no time was left for it"
    return
  fi
  { printf '\n=== %s%s: %s\n' "$mark" "$name" "$command"; } >>"$log"
  timeout --kill-after=5 "$left" bash -c "$command" >"$output" 2>&1
  code=$?
  cat "$output" >>"$log"
  shown=$(bash -c "$figure" <"$output" 2>/dev/null)
  if [[ $code -eq 0 ]]; then
    row "$name" ok $((SECONDS - start)) "$shown"
    return
  fi
  failed=1
  [[ $code -ne 124 && $code -ne 137 ]] || shown="stopped after its $left s; ${shown:-nothing said yet}"
  row "$name" FAILED $((SECONDS - start)) "${shown:-$(tail -n 1 "$output")}"
}

skip() { ! wanted "$1" || row "$1" skipped 0 "$2"; }

sluice doctor --json >"$work/doctor.json" 2>>"$log"
if [[ $(value standIn "$work/doctor.json") == true ]]; then
  mark="stand-in: "
  # It computes thread by thread on one core; and the largest grid of the parity suite has 5 blocks.
  patience=10
  limit=$((limit * patience))
  export SLUICE_STANDIN_MULTIPROCESSORS=${SLUICE_STANDIN_MULTIPROCESSORS:-16}
fi
gpu=$(sed -n 's/.*"text" : "\(.*compute capability.*multiprocessors\).*/\1/p' "$work/doctor.json" | head -n 1)
capability=$(sed -n 's/.*compute capability \([0-9]*\)\.\([0-9]*\).*/\1\2/p' <<<"$gpu" | head -n 1)
driver=$(grep -A2 '"subject" : "driver"' "$work/doctor.json" | sed -n 's/.*"text" : "\(.*\)".*/\1/p')
echo "${mark}${gpu:-no GPU}; driver ${driver:-not found}; $(date -u +%Y-%m-%dT%H:%MZ)"

budget_end=$SECONDS
step doctor 30 'tail -n 1 | cut -c12-' 'sluice doctor'
if [[ $(value usable "$work/doctor.json") != true ]]; then
  echo "The GPU cannot be used, so nothing else was run; $log says why."
  exit 1
fi

precisions=(fp32)
sluice parity --help 2>/dev/null | grep -q -e --precision && precisions=(fp32 tf32 bf16)
for precision in "${precisions[@]}"; do
  option=
  [[ ${#precisions[@]} -eq 1 ]] || option="--precision $precision"
  step "parity-$precision" 30 'tail -n 1' "sluice parity --device $device $option --recurrent-path standard --failed"
done
for path in small grid; do
  for precision in "${precisions[@]}"; do
    [[ $path-$precision != grid-fp32 ]] || continue # the grid's kernels multiply in tf32 and bf16
    step "$path-$precision" 10 'tail -n 1' \
      "sluice parity --device $device --precision $precision --recurrent-path $path --failed"
  done
done
step leaks 50 'tail -n 1' "sluice parity --device $device --leaks $models"
for precision in "${precisions[@]}"; do
  option=
  [[ ${#precisions[@]} -eq 1 ]] || option="--precision $precision"
  train="sluice train --device $device $option --layers 2 --dropout 0.1 --max-steps ${SAME_STEPS:-100} --validation 0"
  step "same-bits-$precision" 20 'tail -n 1' "$train --out $work/$precision-a && $train --out $work/$precision-b &&
    cmp $work/$precision-a/model.safetensors $work/$precision-b/model.safetensors &&
    echo '${SAME_STEPS:-100} steps twice: the same bits'"
done
speed='"unitsPerSecond"'
[[ -z $mark ]] || speed=no-speed-of-a-stand-in
step main-job 75 "grep -e '$speed' -e bitsPerCharacter -e '\"steps\"' |
    sed 's/[\", ]//g; s/unitsPerSecond:\([0-9]*\).*/\1 characters a second/; s/bitsPerCharacter:\([0-9.]\{5\}\).*/\1 bits a character/
      s/steps:/steps /' | paste -sd, | sed 's/,/, /g'" \
  "sluice train --device $device --max-time ${MAIN_TIME:-40s} --json --out $work/main"

if [[ -n $mark ]]; then
  skip kernel-tests "they run on the stand-in in every build"
elif [[ -z $(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null) ]] || ! command -v g++ >/dev/null; then
  skip kernel-tests "nvcc or g++ is not installed"
else
  step kernel-tests 75 'tail -n 1' "bash '$home/kernels/build.sh' test-gpu $capability"
fi

# A JVM under compute-sanitizer: --target-processes all follows the launcher's exec; no host back traces, which would walk the
# JVM's own frames at every report; launches wait for each other, so that a report names its launch. The JVM's collector and
# signals are its own affair and the tool's checks do not touch them. NVIDIA's matrix products are not ours to check for races
# and for what they leave unread.
sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null)
for tool in memcheck racecheck initcheck; do
  if [[ -n $mark ]]; then
    skip "$tool" "compute-sanitizer needs a GPU"
    continue
  elif [[ -z $sanitizer ]]; then
    skip "$tool" "compute-sanitizer is not installed"
    continue
  fi
  options="--tool $tool --target-processes all --launch-timeout 60 --error-exitcode 9 --show-backtrace device --print-limit 20"
  options+=" --report-api-errors no"
  [[ $tool == memcheck ]] || options+=" --kernel-name-exclude 'regex=gemm|cublas|cutlass|nvjet|splitK'"
  step "$tool" 40 "grep -e 'ERROR SUMMARY' -e 'RACECHECK SUMMARY' -e ' cases, ' | sed 's/^=* *//' | paste -sd';'" \
    "$sanitizer $options '$home/sluice' parity --device $device --sample --failed"
done

{
  echo "${mark}$gpu; driver $driver; $(date -u +%Y-%m-%d)${mark:+; no GPU was there}."
  echo
  echo "| step | outcome | seconds | result |"
  echo "| --- | --- | --- | --- |"
  printf '%s\n' "${rows[@]}"
} >"$table"
echo
cat "$table"
echo
echo "$SECONDS s in all; $log holds what the steps printed."
exit "$failed"
