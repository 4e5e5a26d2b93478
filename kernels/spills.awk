# Reads ptxas -v: prints each kernel's registers on each architecture, and fails when one spills or has a stack frame.
/Compiling entry function/ {
  kernel = $0
  sub(/.*entry function '/, "", kernel)
  sub(/'.*/, "", kernel)
  architecture = $0
  sub(/.*for 'sm_/, "", architecture)
  sub(/'.*/, "", architecture)
  kernels[kernel] = 1
  architectures[architecture] = 1
}
/bytes stack frame/ {
  if ($1 + $5 + $9 > 0) {
    printf "kernels: %s on sm_%s: %s\n", kernel, architecture, $0
    bad++
  }
}
/Used [0-9]+ registers/ {
  match($0, /Used [0-9]+/)
  registers[kernel, architecture] = substr($0, RSTART + 5, RLENGTH - 5) + 0
  if (registers[kernel, architecture] > most) {
    most = registers[kernel, architecture]
  }
  count++
}
END {
  order = "80 86 89 90 100 120"
  n = split(order, column, " ")
  printf "%-46s", "registers a thread"
  for (k = 1; k <= n; k++) {
    if (column[k] in architectures) printf " sm_%-4s", column[k]
  }
  printf "\n"
  for (name in kernels) {
    line = sprintf("%-46s", name)
    for (k = 1; k <= n; k++) {
      if (column[k] in architectures) line = line sprintf(" %-7s", registers[name, column[k]])
    }
    print line | "sort"
  }
  close("sort")
  if (bad || count == 0) {
    printf "kernels: %d spills or stack frames in %d compiled kernels\n", bad, count
    exit 1
  }
  printf "kernels: %d compiled, no spills, no stack frames, at most %d registers a thread (target/registers.txt)\n", count, most
}
