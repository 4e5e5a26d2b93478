#!/usr/bin/env bash
# How fast Sluice is on this machine's GPU beside PyTorch with cuDNN, in one command of less than 8 minutes: for an unpacked bundle
# (./sluice bundle) or a working tree. First the quick part of the parity suite in each precision; then the same works in both, with
# their results compared before anything is timed, in turn, by the device's own clock.
#
#   bench/gpu-speed.sh [FOLDER]       leaves FOLDER/benchmarks-gpu.md (docs/benchmarks-gpu.md with the tables in it),
#                                     FOLDER/gpu-speed.json and FOLDER/gpu-speed.log; FOLDER is $OUT, else gpu-speed here
#   bench/gpu-speed.sh [FOLDER] --only 'GRU (1024' | --full | --shape H,B,T | --list | ...     options of 'sluice gpu-speed'
#   bench/gpu-speed.sh [FOLDER] --profile-work TEXT [--type tf32]    no times: the kernels of the first work whose name has TEXT
#                                     under Nsight Compute (ncu), into FOLDER/profile-*.ncu-rep and .txt
#
# PYTHON chooses the Python that has PyTorch (python3); BUDGET the seconds of the whole (470). What was left out for want of time
# is said. Exit code 1 when something failed. On the stand-in driver, which is no GPU, no time is shown.
set -uo pipefail
export LC_ALL=C.UTF-8
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
budget=${BUDGET:-470}

out=${OUT:-gpu-speed}
if [[ $# -gt 0 && $1 != -* ]]; then
  out=$1
  shift
fi
profile=
type=bf16
options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --help | -h)
      sed -n '2,15s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit
      ;;
    --list) exec "$home/sluice" gpu-speed "${options[@]}" --list ;;
    --profile-work | --type)
      [[ $# -gt 1 ]] || { echo "gpu-speed.sh: $1 needs a value" >&2 && exit 2; }
      if [[ $1 == --type ]]; then type=$2; else profile=$2; fi
      shift
      ;;
    *) options+=("$1") ;;
  esac
  shift
done
mkdir -p "$out" || exit 1
out=$(cd "$out" && pwd)
log=$out/gpu-speed.log
: >"$log"

sluice() { "$home/sluice" "$@"; }
sluice --version >/dev/null || exit 1 # in a working tree this may build, which does not count
SECONDS=0

# Nsight Compute with the clocks as they are; of each kernel what limits it. A pass may be thousands of launches, and each is
# run several times over: COUNT bounds them.
if [[ -n $profile ]]; then
  ncu=$(command -v ncu || ls /usr/local/cuda/bin/ncu 2>/dev/null)
  [[ -n $ncu ]] || { echo "gpu-speed.sh: ncu (Nsight Compute) is not installed; it comes with the CUDA toolkit." >&2 && exit 1; }
  report=$out/profile-$type-$(tr -cs 'A-Za-z0-9' - <<<"$profile")
  report=${report%-}
  [[ $report != *' '* ]] || { echo "gpu-speed.sh: choose a FOLDER without a space in its path for a profile." >&2 && exit 1; }
  command="$ncu --clock-control none --target-processes all --launch-count ${COUNT:-400} --force-overwrite --export $report"
  command+=" --section SpeedOfLight --section LaunchStats --section Occupancy --section MemoryWorkloadAnalysis"
  command+=" --section WarpStateStats"
  sluice gpu-speed --only "$profile" --type "$type" "${options[@]}" --profile "$command" 2>&1 | tee -a "$log" || exit 1
  "$ncu" --import "$report.ncu-rep" --page details >"$report.txt" 2>>"$log" || exit 1
  echo "$report.txt"
  exit
fi

failed=0
for precision in fp32 tf32 bf16; do
  printf '=== parity %s\n' "$precision" >>"$log"
  limit=$((budget / 6))
  if timeout --kill-after=5 "$limit" "$home/sluice" parity --device cuda --precision "$precision" --sample --failed \
    >"$out/parity.txt" 2>&1; then
    echo "parity, $precision: $(tail -n 1 "$out/parity.txt")"
  else
    echo "parity, $precision: FAILED: $(tail -n 1 "$out/parity.txt")"
    failed=1
  fi
  cat "$out/parity.txt" >>"$log"
  rm -f "$out/parity.txt"
done
if [[ $failed -ne 0 ]]; then
  echo "What computes something else is not timed; $log says what failed."
  exit 1
fi

echo "=== speed" >>"$log"
left=$((budget - SECONDS - 15)) # the last work, and the end of both engines
timeout --kill-after=5 $((left + 30)) "$home/sluice" gpu-speed --device cuda --python "${PYTHON:-python3}" --engine "$home/bench/torch_engine.py" \
  --page "$home/docs/benchmarks-gpu.md" --out "$out" --budget "$((left > 1 ? left : 1))" "${options[@]}" 2>&1 | tee -a "$log"
failed=${PIPESTATUS[0]}
[[ $failed -ne 124 ]] || echo "ended after $SECONDS s; what was measured until then is in $out."
echo
echo "$SECONDS s in all; $out/benchmarks-gpu.md has the tables."
exit "$failed"
