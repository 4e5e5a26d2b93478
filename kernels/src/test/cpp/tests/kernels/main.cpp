// Every kernel against plain double loops. Arguments: the kernels' image ("-": the stand-in's own), and the folder of
// arguments.cuh.
#include <cstdio>
#include <cstdlib>

#include "../gpu.hpp"
#include "registry.hpp"

int main(int count, char** arguments) {
  if (count != 3) {
    printf("usage: kernel-tests IMAGE SOURCES\n");
    return 2;
  }
  setenv("SLUICE_STANDIN_MULTIPROCESSORS", "64", 1);  // of the stand-in: for blocks that must all run at once
  openDevice(arguments[1]);
  registryPath = arguments[2];
  return runTests("kernels");
}
