// The argument structs of the recurrent kernels that keep R on the chip for a whole pass, spread over many blocks; part
// of the registry that arguments.cuh describes. Why and how: persistent_grid.cuh.
#pragma once

// One launch runs one direction of one layer through all its steps, in place of the steps' kernels and products with R;
// what goes in and what is left behind are those of the steps' kernels (recurrent_arguments.cuh), so that either kind
// of backward can follow either kind of forward. T = B * H arrays are those of the whole pass: [S, B, ..], S steps.
//
// The products' operands are rounded to T = bf16, or with tf32 in the name to TF32, T then being float. A kernel whose
// name ends in n8 or n16 works on N = 8 or 16 sequences at once. G = 4 gates for the LSTM, 3 for the GRU.
//
// grid: cdiv(H, blockUnits), groups        as a cooperative launch: all blocks must be resident at once, one a
//                                          multiprocessor; with no other cooperative launch beside it unless both fit
// dynamic shared memory: W + P + S bytes, where
//   K = H forward, G * H backward; elements = 32 for bf16, 16 for tf32
//   tiles = G forward, 1 backward; held = 16 / tiles, or 12 / tiles forward with N = 16, rounded down
//   W = 8192 * tiles * max(0, cdiv(cdiv(K, elements), 8) - held)
//   P = 512 * tiles * N
//   S = 3072 * rounds
// blockUnits: 1..16; 16 unless there are reasons. Block p of a group owns units p * blockUnits and on.
// groups, rounds: groups * rounds * N >= B. Group g works through sequences (g * rounds + r) * N and on, r = 0, 1, ...
// exchange: 2 * groups * rounds * N rows of K elements of T, K rounded up to a multiple of `elements`; aligned to 16
//   bytes. Need not be cleared.
// flags: [groups * rounds * cdiv(H, blockUnits)], cleared before every launch (in a graph too).
// fault: [1]. A wait for another block that was given up is noted: fault[0] = max(fault[0], seconds waited * 2^32 +
//   number of that block in its group). The results are then worthless.
//
// lengths [B] or null when all sequences run all steps. An ended sequence keeps its state; its outputs and its gates'
// gradients are zero. reverse: 0 for steps 0, 1, .. S-1; 1 for S-1 .. 0. Backward takes the steps the other way round.
// Rows of a step of output and outputGradient are `..Stride` elements apart, steps B times that.

// kernels: sluice_lstm_grid_forward_{tf32,bf16}_n8 sluice_lstm_grid_forward_{tf32,bf16}_n16
struct LstmGridForward {
  void* gates;                // T [S, B, 4H]: products with the input in; activated i, f, g, o out
  const void* weights;        // T [4H, H]: R
  const float* biasInput;     // [4H] or null
  const float* biasHidden;    // [4H] or null
  const float* initialState;  // [B, H]: h0; or null for zeros
  const float* initialCell;   // [B, H]: c0; or null for zeros
  float* cells;               // [S, B, H], steps cellStride apart (0: each overwrites the last): c after each step
  float* state;               // [B, H] out: h after the last step; may be initialState
  void* output;               // T [S, B, H], rows outputStride apart
  const int* lengths;         // [B] or null
  void* exchange;
  unsigned* flags;
  unsigned long long* fault;
  long long cellStride;
  long long outputStride;
  int steps;
  int batch;
  int units;
  int blockUnits;
  int rounds;
  int reverse;
};

// kernels: sluice_lstm_grid_backward_{tf32,bf16}_n8 sluice_lstm_grid_backward_{tf32,bf16}_n16
struct LstmGridBackward {
  void* gates;                 // T [S, B, 4H]: activated gates in; gradients of the pre-activations out
  const void* weights;         // T [4H, H]: R
  const void* outputGradient;  // T [S, B, H], rows outputGradientStride apart, not read where ended; or null for zeros
  const float* initialCell;    // [B, H]: c0; or null for zeros
  const float* cells;          // [S, B, H]: c after each step
  float* stateGradient;        // [B, H]: of h after the last step in; of h0 out if initialWanted, else unchanged
  float* cellGradient;         // [B, H]: of c after the last step in; of c0 out
  const int* lengths;          // [B] or null
  void* exchange;
  unsigned* flags;
  unsigned long long* fault;
  long long outputGradientStride;
  int steps;
  int batch;
  int units;
  int blockUnits;
  int rounds;
  int reverse;
  int initialWanted;
};

// GRU with the reset gate after the recurrent product.
// kernels: sluice_gru_grid_forward_{tf32,bf16}_n8 sluice_gru_grid_forward_{tf32,bf16}_n16
struct GruGridForward {
  void* gates;                // T [S, B, 3H]: products with the input in; activated r, z, n out
  const void* weights;        // T [3H, H]: R
  const float* biasInput;     // [3H] or null
  const float* biasHidden;    // [3H] or null
  const float* initialState;  // [B, H]: h0; or null for zeros
  void* candidates;           // T [S, B, H]: Rn h + dn of each step, zero where ended; or null
  float* state;               // [B, H] out: h after the last step; may be initialState
  void* output;               // T [S, B, H], rows outputStride apart
  const int* lengths;         // [B] or null
  void* exchange;
  unsigned* flags;
  unsigned long long* fault;
  long long outputStride;
  int steps;
  int batch;
  int units;
  int blockUnits;
  int rounds;
  int reverse;
};

// kernels: sluice_gru_grid_backward_{tf32,bf16}_n8 sluice_gru_grid_backward_{tf32,bf16}_n16
struct GruGridBackward {
  void* gates;                 // T [S, B, 3H]: r, z, n in; gradients on the input's side out
  void* candidates;            // T [S, B, H]: Rn h + dn in; its gradient dn * r out, zero where ended
  const void* weights;         // T [3H, H]: R
  const void* outputGradient;  // T [S, B, H], rows outputGradientStride apart, not read where ended; or null for zeros
  const void* output;          // T [S, B, H], rows outputStride apart: h after each step
  const float* initialState;   // [B, H]: h0; or null for zeros
  float* stateGradient;        // [B, H]: of h after the last step in; of h0 out if initialWanted, else unchanged
  const int* lengths;          // [B] or null
  void* exchange;
  unsigned* flags;
  unsigned long long* fault;
  long long outputGradientStride;
  long long outputStride;
  int steps;
  int batch;
  int units;
  int blockUnits;
  int rounds;
  int reverse;
  int initialWanted;
};
