#!/usr/bin/env bash
# Makes a self-contained archive of Sluice for Linux x86-64: for a GPU server that has neither a JDK nor Maven.
#
#   sluice bundle [--out FILE] [--arch N]... [--no-fatbin]
#
#   --out FILE     the archive; sluice-VERSION-linux-x86_64.tar.xz in this folder unless given
#   --arch N       compile the kernels for compute capability N, 90 for an H100 or H200; may be given several times; for
#                  all that Sluice knows unless given (the archive is small either way, but nvcc needs a minute)
#   --no-fatbin    leave the compiled kernels out; the server compiles them with NVRTC when it first needs them
#
# Unpack it anywhere and run ./sluice in it; kernels/check-gpu.sh checks a GPU. The same sources, JDK and nvcc give the same bytes.
set -euo pipefail
export LC_ALL=C
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# What the class path needs, found by running every command on it: the vector API, JCuda's log, memory and processor figures.
MODULES=java.base,java.logging,java.management,jdk.incubator.vector,jdk.management,jdk.unsupported
DATE=2026-01-01T00:00:00Z

fail() {
  printf 'sluice: %s\n' "$1" >&2
  exit "${2:-1}"
}

version=$(sed -n 's|^  <version>\(.*\)</version>|\1|p' "$home/pom.xml" | head -n 1)
name=sluice-$version-linux-x86_64
out=$name.tar.xz
architectures=()
fatbin=yes
while [[ $# -gt 0 ]]; do
  case $1 in
    --out | --arch)
      [[ $# -gt 1 ]] || fail "$1 needs a value; see 'sluice bundle --help'." 2
      if [[ $1 == --out ]]; then
        out=$2
      else
        [[ $2 =~ ^[0-9]{2,3}$ ]] || fail "--arch takes a number such as 90 for sm_90, not '$2'." 2
        architectures+=("$2")
      fi
      shift
      ;;
    --no-fatbin) fatbin=no ;;
    --help | -h)
      sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit
      ;;
    *) fail "sluice bundle does not know '$1'; 'sluice bundle --help' lists the options." 2 ;;
  esac
  shift
done

[[ $(uname -sm) == "Linux x86_64" ]] || fail "a bundle is made on Linux x86-64, for which it is."
for tool in tar xz; do
  command -v $tool >/dev/null || fail "install $tool, which packs the bundle."
done
jdk=${JAVA_HOME:?set by the launcher}
out_folder=$(dirname "$out")
[[ -d $out_folder && -w $out_folder ]] || fail "$out_folder is no folder that can be written; choose another --out."
out=$(cd "$out_folder" && pwd)/$(basename "$out")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$work/$name
mkdir -p "$bundle/lib"

echo "sluice: linking a Java runtime" >&2
"$jdk/bin/jlink" --add-modules "$MODULES" --strip-java-debug-attributes --no-man-pages --no-header-files \
  --compress=zip-0 --output "$bundle/runtime" 2>/dev/null ||
  fail "$jdk cannot link a runtime (jlink failed); install Eclipse Temurin 25 and set JAVA_HOME to it."
if [[ -r $jdk/lib/src.zip ]]; then # what 'sluice train' reads unless told otherwise
  (cd "$work" && "$jdk/bin/jar" --extract --file "$jdk/lib/src.zip" java.base/java/util)
  (cd "$work" && find java.base -name '*.java' | sort >sources.txt &&
    "$jdk/bin/jar" --create --no-manifest --no-compress --date="$DATE" --file "$bundle/runtime/lib/src.zip" @sources.txt)
fi

for room in core-cpu core-gpu bench; do
  for jar in "$home/$room"/target/"$room-$version".jar "$home/$room"/target/lib/*.jar; do
    [[ ! -f $jar ]] || cp "$jar" "$bundle/lib/"
  done
done
# The kernels' jar anew: with the machine code that was asked for, whatever the working tree was built with.
jar=$bundle/lib/kernels-$version.jar
content=$work/kernels
image=dev/sluice/kernels/sluice.fatbin
mkdir "$content"
(cd "$content" && "$jdk/bin/jar" --extract --file "$jar" && rm -f "$image")
if [[ $fatbin == yes ]]; then
  kept=$home/kernels/target/bundle/sluice.fatbin # between calls, since nvcc takes its time
  bash "$home/kernels/build.sh" fatbin "$kept" "${architectures[@]}" >&2 ||
    fail "the kernels could not be compiled; install nvcc of CUDA 12 or 13 and g++, or leave them out with --no-fatbin."
  cp "$kept" "$content/$image"
fi
"$jdk/bin/jar" --create --date="$DATE" --file "$jar" --manifest "$content/META-INF/MANIFEST.MF" -C "$content" dev

mkdir -p "$bundle/kernels" "$bundle/docs" "$bundle/bench"
cp "$home"/kernels/*.sh "$home/kernels/spills.awk" "$bundle/kernels/"
cp -r "$home/kernels/src" "$bundle/kernels/"
cp "$home/bench/gpu-speed.sh" "$home/bench/torch_engine.py" "$bundle/bench/"
cp "$home"/docs/*.md "$bundle/docs/"
cp "$home/sluice" "$home/LICENSE" "$home/README.md" "$bundle/"

echo "sluice: packing" >&2
chmod -R u=rwX,go=rX "$bundle"
unfinished=$(mktemp "$out.XXXXXX")
trap 'rm -rf "$work" "$unfinished"' EXIT
# More than 6 gains 1 % and doubles the time. Two threads always: the number decides how xz cuts the file into blocks, and so its bytes.
tar --create --directory "$work" --sort=name --mtime="$DATE" --owner=0 --group=0 --numeric-owner --format=gnu "$name" |
  xz -6 --threads=2 >"$unfinished"
chmod 644 "$unfinished"
mv "$unfinished" "$out"

(cd "$bundle" && du -sk -- * | awk '{ printf "  %-12s %7.1f MB\n", $2, $1 * 1024 / 1e6 }')
awk -v bytes="$(stat -c %s "$out")" -v file="$out" 'BEGIN { printf "%s: %.1f MB\n", file, bytes / 1e6 }'
