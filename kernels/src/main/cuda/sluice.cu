// All kernels as one translation unit: what nvcc makes the fatbin of, and what NVRTC compiles where there is none.
// NVRTC is given every other file of this folder as a header by its bare name, and the options --std=c++17 and
// -default-device (for the loops' bodies, which are lambdas).
#include "lstm.cu"
#include "gru.cu"
#include "gru_before.cu"
#include "rnn.cu"
#include "persistent_small_lstm.cu"
#include "persistent_small_gru.cu"
#include "embedding.cu"
#include "softmax.cu"
#include "regression.cu"
#include "dropout.cu"
#include "layer_norm.cu"
#include "reductions.cu"
#include "elements.cu"
#include "optimizer.cu"
#include "persistent_grid_lstm.cu"
#include "persistent_grid_gru.cu"
