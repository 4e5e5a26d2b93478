#!/usr/bin/env bash
# Builds what Maven does not: the fatbin of the CUDA kernels, and the stand-in driver with its tests. Used by pom.xml.
#
#   build.sh fatbin      nvcc: target/classes/dev/sluice/kernels/sluice.fatbin; without nvcc or its g++ says so and succeeds
#   build.sh fatbin FILE [ARCHITECTURE...]   nvcc: FILE, for the architectures (90 for sm_90; all unless named) and PTX
#   build.sh spills      fails when a kernel spills registers or keeps arrays in local memory; prints the registers
#   build.sh stand-in    g++: target/stand-in/libcuda.so.1, libcublas.so.12, libnvrtc.so.12; without g++ says so and succeeds
#   build.sh variant A B C  the stand-in in folder C, with the kernels of file B from folder A instead of its own: tests break them
#   build.sh test        builds and runs the kernels' tests through the stand-in, in three orders of threads
#   build.sh test-gpu [ARCHITECTURE...]   the same tests on the GPU of this machine (needs nvcc, g++ and a driver)
#
# NVCC, CUDA_HOME and CXX choose the compilers; SLUICE_FATBIN=skip leaves the fatbin out. With SLUICE_REQUIRE_STAND_IN=1, as
# in CI, a missing g++ is an error. Whatever is up to date is not built again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

CUDA=src/main/cuda
STANDIN=src/test/cpp/standin
TESTS=src/test/cpp/tests
FATBIN=target/classes/dev/sluice/kernels/sluice.fatbin
ARCHITECTURES="80 86 89 90 100 120"

STANDIN_FLAGS=(-std=c++20 -march=native -fPIC -fvisibility=hidden -Wall -Wextra -Werror -DSTANDIN_BUILD)
# The kernels themselves, as C++; they read arrays as 16-byte vectors, which C++ would call aliasing.
KERNEL_FLAGS=(-fno-strict-aliasing -Wno-unknown-pragmas -x c++ -include "$STANDIN/cuda_on_host.hpp")
DRIVER_OBJECTS=(fibre.o faults.o memory.o block.o engine.o streams.o driver_device.o driver_contexts.o driver_memory.o
  driver_streams.o driver_modules.o sluice.o probes.o matrix_probes.o)

find_nvcc() {
  local candidate
  for candidate in "${NVCC:-}" "${CUDA_HOME:-}/bin/nvcc" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
    if [[ -n $candidate && -x $candidate ]]; then
      echo "$candidate"
      return
    fi
  done
}

# What keeps nvcc from being used; nothing when it can be.
why_no_nvcc() {
  local nvcc
  nvcc=$(find_nvcc)
  if [[ -z $nvcc ]]; then
    echo "no nvcc here (set NVCC or CUDA_HOME to have one used)"
  elif ! "$nvcc" -E -x cu /dev/null >/dev/null 2>&1; then
    echo "$nvcc finds no C++ compiler that it could use (install g++)"
  fi
}

find_cxx() {
  if [[ $(uname -sm) == "Linux x86_64" ]]; then
    command -v "${CXX:-g++}" || true
  fi
}

# Whether $1 exists and was made from the same files ($4...), tool ($2) and options ($3) as now.
up_to_date() {
  local product=$1 now
  now=$( { "$2" --version; echo "$3"; cat build.sh "${@:4}"; } | sha256sum)
  [[ -e $product && -e $product.stamp && $(<"$product.stamp") == "$now" ]] && return 0
  mkdir -p "$(dirname "$product")"
  rm -f "$product" "$product.stamp"
  pending_stamp=$now
  return 1
}

build_fatbin() {
  if [[ ${SLUICE_FATBIN:-} == skip ]]; then
    echo "kernels: no fatbin wanted (SLUICE_FATBIN=skip); a GPU's machine compiles the kernels with NVRTC"
    rm -f "$FATBIN"
    return
  fi
  local reason
  reason=$(why_no_nvcc)
  if [[ -n $reason ]]; then
    echo "kernels: $reason, so the jar carries the kernels' sources only and a GPU's machine compiles them with NVRTC" \
      "when it first needs them"
    rm -f "$FATBIN"
    return
  fi
  compile_fatbin "$CUDA/sluice.cu" target/sluice.fatbin target/ptxas.log
  mkdir -p "$(dirname "$FATBIN")"
  cp target/sluice.fatbin "$FATBIN"
}

# $1 source, $2 file to make, $3 file for what ptxas says, $4... architectures, all unless given
compile_fatbin() {
  local source=$1 file=$2 log=$3 nvcc supported options=() left_out=() number
  shift 3
  [[ $# -gt 0 ]] || read -ra all <<<"$ARCHITECTURES"
  [[ $# -gt 0 ]] || set -- "${all[@]}"
  nvcc=$(find_nvcc)
  supported=$("${nvcc:?needs nvcc}" --list-gpu-code)
  for number in "$@"; do
    if grep -qx "sm_$number" <<<"$supported"; then
      options+=(-gencode "arch=compute_$number,code=sm_$number")
    else
      left_out+=("sm_$number")
    fi
  done
  # For every GPU that has no code of its own above: the driver compiles this.
  options+=(-gencode arch=compute_80,code=compute_80)
  [[ ${#left_out[@]} -eq 0 ]] || echo "kernels: this nvcc does not know ${left_out[*]}; such GPUs will use the PTX"
  up_to_date "$file" "$nvcc" "$source ${options[*]}" "$CUDA"/* "$STANDIN"/matrix_probes.* || {
    echo "kernels: nvcc builds the fatbin for $*; this takes about a minute"
    "$nvcc" -std=c++17 -fatbin --threads 0 -Xptxas -v "${options[@]}" -I "$CUDA" -I "$STANDIN" -o "$file" "$source" \
      2>"$log" || { cat "$log" >&2; rm -f "$log"; exit 1; }
    echo "$pending_stamp" >"$file.stamp"
  }
}

check_spills() {
  if [[ ! -e target/ptxas.log ]]; then
    echo "kernels: skipped, no nvcc built the kernels: registers and spills"
    return
  fi
  awk -f spills.awk target/ptxas.log >target/registers.txt || { cat target/registers.txt; exit 1; }
  tail -n 1 target/registers.txt
}

build_stand_in() {
  local cxx out=target/stand-in objects=target/stand-in/objects
  cxx=$(find_cxx)
  if [[ -z $cxx ]]; then
    echo "kernels: skipped, no g++ on Linux x86-64: the stand-in driver, and all tests that run on it"
    [[ ${SLUICE_REQUIRE_STAND_IN:-} != 1 ]]
    return
  fi
  local flags=("${STANDIN_FLAGS[@]}" -O2)
  if up_to_date $out/libcuda.so.1 "$cxx" "${flags[*]} $(uname -n)" "$CUDA"/* "$STANDIN"/*; then
    return
  fi
  echo "kernels: g++ builds the stand-in driver"
  mkdir -p $objects
  local source
  for source in fibre faults memory block engine streams driver_device driver_contexts driver_memory driver_streams driver_modules cublas \
    nvrtc; do
    echo "$cxx ${flags[*]} -c $STANDIN/$source.cpp -o $objects/$source.o"
  done >$objects/commands
  for source in "$CUDA/sluice.cu" "$STANDIN/probes.cu" "$STANDIN/matrix_probes.cu"; do
    echo "$cxx ${flags[*]} ${KERNEL_FLAGS[*]} -I $CUDA -c $source -o $objects/$(basename "$source" .cu).o"
  done >>$objects/commands
  echo "$cxx ${flags[*]} -O3 -c $STANDIN/gemm.cpp -o $objects/gemm.o" >>$objects/commands
  xargs -P "$(nproc)" -I{} bash -c '{}' <$objects/commands
  (
    cd $objects
    "$cxx" -shared -Wl,-soname,libcuda.so.1 -o ../libcuda.so.1 "${DRIVER_OBJECTS[@]}"
    "$cxx" -shared -Wl,-soname,libcublas.so.12 -Wl,-rpath,'$ORIGIN' -Wl,--version-script="../../../$STANDIN/cublas.map" \
      -o ../libcublas.so.12 cublas.o gemm.o ../libcuda.so.1
    "$cxx" -shared -Wl,-soname,libnvrtc.so.12 -Wl,--version-script="../../../$STANDIN/nvrtc.map" -o ../libnvrtc.so.12 nvrtc.o
  )
  echo "$pending_stamp" >$out/libcuda.so.1.stamp
}

# $1 folder of kernel sources, $2 one of its files, $3 where to. The file's kernels, in a namespace so that they do not mix with
# the others, are linked first: of two kernels of one name the first counts.
build_variant() {
  local cxx objects=$PWD/target/stand-in/objects
  cxx=$(find_cxx)
  mkdir -p "$3"
  printf 'namespace variant {\n#include "%s"\n}\n' "$2" >"$3/variant.cu"
  "${cxx:?needs g++}" "${STANDIN_FLAGS[@]}" -O1 "${KERNEL_FLAGS[@]}" -I "$1" -c "$3/variant.cu" -o "$3/variant.o"
  "$cxx" -shared -Wl,-soname,libcuda.so.1 -o "$3/libcuda.so.1" "$3/variant.o" "${DRIVER_OBJECTS[@]/#/$objects/}"
  cp target/stand-in/libcublas.so.12 target/stand-in/libnvrtc.so.12 "$3"
}

# $1 compiler, $2 folder of tests, $3 program
build_tests() {
  local cxx=$1 folder=$2 program=target/$3 objects=target/$3-objects source
  local flags=(-std=c++20 -O1 -Wall -Wextra -Werror -I "$STANDIN" -I "$CUDA")
  if up_to_date "$program" "$cxx" "${flags[*]}" "$CUDA"/*.cuh "$STANDIN"/*.h* "$TESTS"/*.?pp "$TESTS/$folder"/*; then
    return
  fi
  rm -rf "$objects"
  mkdir -p "$objects"
  for source in "$TESTS"/*.cpp "$TESTS/$folder"/*.cpp; do
    echo "$cxx ${flags[*]} -c $source -o $objects/$(basename "$source" .cpp).o"
  done | xargs -P "$(nproc)" -I{} bash -c '{}'
  "$cxx" -o "$program" "$objects"/*.o -L target/stand-in -l:libcuda.so.1 -Wl,--as-needed -l:libcublas.so.12
  echo "$pending_stamp" >"$program.stamp"
}

run_tests() {
  local cxx order
  cxx=$(find_cxx)
  build_stand_in
  if [[ -z $cxx ]]; then
    return
  fi
  build_tests "$cxx" kernels kernel-tests
  build_tests "$cxx" standin standin-tests
  for order in forward reverse random:7; do
    echo "order of threads: $order"
    export LD_LIBRARY_PATH=target/stand-in SLUICE_STANDIN_ORDER=$order
    target/standin-tests 2>target/standin-tests.log || { cat target/standin-tests.log; exit 1; }
    target/kernel-tests - "$CUDA"
  done
}

# $@ architectures to compile for
run_gpu_tests() {
  local cxx
  cxx=$(find_cxx)
  mkdir -p target
  compile_fatbin "$TESTS/gpu_tests.cu" target/gpu-tests.fatbin target/gpu-tests.log "$@"
  build_stand_in # its libraries only serve to link
  build_tests "${cxx:?needs g++}" kernels kernel-tests
  target/kernel-tests target/gpu-tests.fatbin "$CUDA"
}

case ${1:-} in
  fatbin)
    if [[ $# -gt 1 ]]; then
      compile_fatbin "$CUDA/sluice.cu" "$2" "$2.log" "${@:3}"
    else
      build_fatbin
    fi
    ;;
  spills) check_spills ;;
  stand-in) build_stand_in ;;
  variant) build_variant "$2" "$3" "$4" ;;
  test) run_tests ;;
  test-gpu) run_gpu_tests "${@:2}" ;;
  *)
    sed -n '2,12p' build.sh
    exit 2
    ;;
esac
