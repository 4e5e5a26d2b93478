#!/usr/bin/env bash
# Makes a bundle, unpacks it elsewhere, and runs its commands as on a server that has neither a JDK nor Maven.
#
#   bundle-test.sh [ARCHIVE]    with an archive made by ./sluice bundle, that one is tried
set -uo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  echo "FAILED: $*" >&2
  failed=1
}

archive=${1:-$work/bundle.tar.xz}
if [[ $# -eq 0 ]]; then # without machine code: nvcc would need most of the time, and nothing here could run it
  "$home/sluice" bundle --no-fatbin --out "$archive" >"$work/bundle.txt" || { cat "$work/bundle.txt" && exit 1; }
fi
bytes=$(stat -c %s "$archive")
[[ $bytes -lt 60000000 ]] || fail "the bundle has $bytes bytes, more than 60 MB"

mkdir "$work/unpacked" "$work/bin" "$work/home"
tar xf "$archive" -C "$work/unpacked" || exit 1
cd "$work"/unpacked/sluice-* || exit 1
# All that is on the PATH; no java, no mvn, no python3.
for tool in sh bash env dirname readlink sed grep head tail mkdir rm cat tee timeout; do
  ln -s "$(command -v $tool)" "$work/bin/$tool"
done

# run WANTED ARGUMENTS...: the command must end with this exit code; variables come from the array extra.
extra=()
run() {
  local wanted=$1 code
  shift
  env -i PATH="$work/bin" HOME="$work/home" "${extra[@]}" ./sluice "$@" >"$work/output.txt" 2>&1
  code=$?
  [[ $code -eq $wanted ]] || { cat "$work/output.txt" && fail "sluice $* ended with $code, not with $wanted"; }
}
says() { grep -q -e "$1" "$work/output.txt" || { cat "$work/output.txt" && fail "nothing was said about '$1'"; }; }

small=(--layers 1 --hidden 16 --batch 8 --bptt 8)
run 0 train --device cpu --max-steps 2 "${small[@]}" --validation 0.01 --out "$work/run"
says 'java.util sources of JDK' # which are in the bundle
run 0 generate --model "$work/run" --length 20
run 0 eval --model "$work/run"
run 0 train --config "$work/run/config.yaml" --out "$work/again"
cmp -s "$work/run/model.safetensors" "$work/again/model.safetensors" || fail "the configuration does not repeat the run"
run 0 parity --device cpu --sample
run 1 bundle
says 'this is a bundle already'
if [[ ! -e /dev/nvidiactl ]]; then
  run 1 doctor
  says 'PROBLEM: no NVIDIA driver was found'
fi

standin=$home/kernels/target/stand-in
if [[ -e $standin/libcuda.so.1 ]]; then # JCuda's libraries and the kernels' sources are there and are found
  extra=(SLUICE_CUDA_HOME="$standin" LD_LIBRARY_PATH="$standin")
  run 0 doctor
  says 'stand-in driver, not a GPU'
  run 0 train --device cuda --max-steps 2 "${small[@]}" --validation 0 --out "$work/gpu"
  env -i PATH="$work/bin" HOME="$work/home" "${extra[@]}" bench/gpu-speed.sh "$work/speed" --shape 4,2,3 \
    --only 'LSTM (4, 2, 3) L2 D2 forward+backward' >"$work/output.txt" 2>&1 || { cat "$work/output.txt" && fail "gpu-speed.sh"; }
  says 'Stand-in driver, not a GPU: no times'
  says 'note: Sluice was not compared with PyTorch'
  grep -q 'L2 D2 forward+backward | bf16 | - | - |' "$work/speed/benchmarks-gpu.md" || fail "no table of gpu-speed.sh"
  grep -q '"turns" : \[ \]' "$work/speed/gpu-speed.json" || fail "no rows of gpu-speed.sh, or times of a stand-in"
else
  echo "skipped, no stand-in driver: the bundle's CUDA backend"
fi
[[ $failed -eq 0 ]] && echo "bundle of $((bytes / 1000000)) MB: all commands ran without a JDK"
exit "$failed"
