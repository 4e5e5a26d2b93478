// The argument struct of the probes of matrix_units.cuh.
#pragma once

// Eight products at once, one a warp: sum [8, 16, 8] = weights [8, 16, K] * activations [8, 8, K], in bf16 with
// K = 32 chunks, or in TF32 with K = 16 chunks.
struct MatrixProbe {
  const void* weights;
  const void* activations;
  float* sum;
  int chunks;
};
