// The argument structs of the persistent recurrent kernels, part of the registry that arguments.cuh describes. One
// launch runs one direction of one layer through all its steps.
#pragma once

// ---- small: all of R within one multiprocessor ---------------------------------------------------------------------
//
// H at most 128. In {f32,tf32,bf16} T is bf16 in the last and float in the others; tf32 rounds the operands of the
// products with R to TF32, f32 does not. What they read and leave is what the step kernels (recurrent_arguments.cuh)
// read and leave, step by step, so either backward can follow either forward. In an ended sequence's steps state and c
// are kept, outputs are zero, and so are gradients of gates. Pointers need no more alignment than their element.
//
// Dynamic shared memory, in bytes, where G is the cell's gates (LSTM 4, GRU 3), chunks = cdiv(H, 32) in bf16 and
// cdiv(H, 16) else, n = chunks forward and G * chunks backward, and kept = 3 for an LSTM whose T is float, else 4:
//     2 * (512 * (n | 1) + 128) + 1024 * G * max(0, chunks - kept) * cdiv(H, 16)
// Above 48 KB the launcher must have raised the kernel's limit; where the GPU gives a block less than that, the kernel
// cannot be used. In bf16 that is at most 17,664 bytes. With T = float the largest H, in both directions, is
//     compute capability 8.6, 8.9, 12.0 (101,376 bytes): LSTM 96, GRU 112     8.0 (166,912): LSTM 112, GRU 128
//     9.0, 10.0 (232,448): 128

// kernels: sluice_lstm_small_forward_{f32,tf32,bf16}
// grid: cdiv(B, 8)
// dynamic shared memory: as above
struct LstmSmallForward {
  void* gates;                // T [T, B, 4H]: product with the input in; activated i, f, g, o out where running
  const void* weights;        // T [4H, H]: R
  const float* biasInput;     // [4H] or null
  const float* biasHidden;    // [4H] or null
  const float* initialState;  // [B, H]: h0; or null for zeros
  const float* initialCell;   // [B, H]: c0; or null for zeros
  float* cells;               // [B, H] of each step, cellStride apart: c after it
  float* state;               // [B, H] out: h after the last step
  void* output;               // T [T, B, H], rows outputStride apart: h, zero where ended
  const int* lengths;         // [B] or null
  long long cellStride;       // B * H; or 0, each step then overwrites the last
  long long outputStride;
  int steps;  // T, at least 1
  int batch;
  int units;
  int reverse;  // 0: from step 0 on; 1: from step T - 1 back
};

// kernels: sluice_lstm_small_backward_{f32,tf32,bf16}
// grid: cdiv(B, 8)
// dynamic shared memory: as above
struct LstmSmallBackward {
  void* gates;                  // T [T, B, 4H]: activated gates in; gradients of the pre-activations out
  const void* weights;          // T [4H, H]: R
  const void* outputGradient;   // T [T, B, H], rows outputGradientStride apart, not used where ended
  const float* cells;           // [T, B, H]: c after each step
  const float* initialCell;     // [B, H]: c0; or null for zeros
  const float* lastState;       // [B, H]: gradient of h after the last step; or null for zeros
  const float* lastCell;        // [B, H]: gradient of c after the last step; or null for zeros
  float* initialStateGradient;  // [B, H] out: gradient of h0; or null; may be lastState
  float* initialCellGradient;   // [B, H] out: gradient of c0; or null; may be lastCell
  const int* lengths;           // [B] or null
  long long outputGradientStride;
  int steps;
  int batch;
  int units;
  int reverse;  // as forward was
};

// GRU with the reset gate after the recurrent product.
// kernels: sluice_gru_small_forward_{f32,tf32,bf16}
// grid: cdiv(B, 8)
// dynamic shared memory: as above
struct GruSmallForward {
  void* gates;                // T [T, B, 3H]: product with the input in; activated r, z, n out where running
  const void* weights;        // T [3H, H]: R
  const float* biasInput;     // [3H] or null
  const float* biasHidden;    // [3H] or null
  const float* initialState;  // [B, H]: h0; or null for zeros
  void* candidates;           // T [T, B, H] out: Rn h + dn, zero where ended; or null
  float* state;               // [B, H] out: h after the last step
  void* output;               // T [T, B, H], rows outputStride apart: h, zero where ended
  const int* lengths;         // [B] or null
  long long outputStride;
  int steps;
  int batch;
  int units;
  int reverse;
};

// kernels: sluice_gru_small_backward_{f32,tf32,bf16}
// grid: cdiv(B, 8)
// dynamic shared memory: as above
struct GruSmallBackward {
  void* gates;                  // T [T, B, 3H]: r, z, n in; gradients on the input's side out
  void* candidates;             // T [T, B, H]: Rn h + dn in; its gradient dn * r out
  const void* weights;          // T [3H, H]: R
  const void* outputGradient;   // T [T, B, H], rows outputGradientStride apart, not used where ended
  const void* output;           // T [T, B, H], rows outputStride apart: what forward wrote
  const float* initialState;    // [B, H]: h0; or null for zeros
  const float* lastState;       // [B, H]: gradient of h after the last step; or null for zeros
  float* initialStateGradient;  // [B, H] out: gradient of h0; or null; may be lastState
  const int* lengths;           // [B] or null
  long long outputGradientStride;
  long long outputStride;
  int steps;
  int batch;
  int units;
  int reverse;
};
