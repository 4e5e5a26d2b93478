// What the kernels' tests need on a GPU: the product's kernels, and probes that only tests use.
#include "sluice.cu"
#include "matrix_probes.cu"
