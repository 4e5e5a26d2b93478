// The argument structs of the recurrent cells' kernels, part of the registry that arguments.cuh describes.
#pragma once

// One step of one direction of one layer. Common to all: B = batch, H = units; B * H below 2^31. `pack` is 1, or 4
// (f32) or 8 (bf16) when H is a multiple of it and every array and every row begins at a multiple of 16 bytes; wide
// steps gain by it from about B * H = 65,536 on.
// grid: cdiv(B * H / pack, 256)
//
// lengths [B] or null when all sequences are running; a sequence has ended where step >= lengths[b].
// state [B, H] is h, always fp32, updated in place; an ended sequence's is left alone. hidden [B, H] or null: a copy of
// state in T, updated alike, the operand of the recurrent GEMM where T is not float. output [B, H] or null, rows
// outputStride apart: h, and zero for ended sequences.

// kernels: sluice_lstm_forward_{f32,bf16}
struct LstmForward {
  void* gates;              // T [B, 4H]: product with the input in; activated i, f, g, o out
  const float* recurrent;   // [B, 4H]: product with h, added; or null when gates holds it already or h is zero
  const float* biasInput;   // [4H] or null
  const float* biasHidden;  // [4H] or null
  const float* cellBefore;  // [B, H]; or null for zeros
  float* cellAfter;         // [B, H]; may be cellBefore; for ended sequences what cellBefore holds
  float* state;             // [B, H]: h out
  void* hidden;             // T [B, H] or null
  void* output;             // T [B, H], rows outputStride apart, or null
  const int* lengths;       // [B] or null
  long long outputStride;
  int batch;
  int units;
  int step;
  int pack;
};

// kernels: sluice_lstm_backward_{f32,bf16}
struct LstmBackward {
  void* gates;                 // T [B, 4H]: activated gates in; gradients of the pre-activations out, zero where ended
  const void* outputGradient;  // T [B, H], rows outputGradientStride apart, not read where ended; or null for zeros
  float* stateGradient;     // [B, H]: gradient of h after the step in, without outputGradient; out: zero where running,
                            // unchanged where ended. The caller then adds gates * R to get that of h before the step
  float* cellGradient;      // [B, H]: gradient of c after the step in, of c before it out
  const float* cellBefore;  // [B, H]; or null for zeros
  const float* cellAfter;   // [B, H]
  const int* lengths;       // [B] or null
  long long outputGradientStride;
  int batch;
  int units;
  int step;
  int pack;
};

// GRU with the reset gate after the recurrent product.
// kernels: sluice_gru_forward_{f32,bf16}
struct GruForward {
  void* gates;              // T [B, 3H]: product with the input in; activated r, z, n out
  const float* recurrent;   // [B, 3H]: product with h; or null when h is zero
  const float* biasInput;   // [3H] or null
  const float* biasHidden;  // [3H] or null
  float* state;             // [B, H]: h before the step in, after it out
  void* candidate;          // T [B, H]: Rn h + dn, which backward needs, zero where ended; or null
  void* hidden;             // T [B, H] or null
  void* output;             // T [B, H], rows outputStride apart, or null
  const int* lengths;       // [B] or null
  long long outputStride;
  int batch;
  int units;
  int step;
  int pack;
};

// The state before the step is previous[b] except at a sequence's first step, where it is initial[b]: step 0, or with
// `reverse` its last one. (Reading it back from the layer's output needs no second copy of h.)
// kernels: sluice_gru_backward_{f32,bf16}
struct GruBackward {
  void* gates;                 // T [B, 3H]: r, z, n in; gradients on the input's side out, zero where ended
  void* candidate;             // T [B, H]: Rn h + dn in; its gradient dn * r out, zero where ended
  void* recurrentGradient;     // T [B, 3H] out: gradient of R h + d: dr, dz, dn * r; the operand of the GEMM with R
  const void* outputGradient;  // T [B, H], rows outputGradientStride apart, not read where ended; or null for zeros
  float* stateGradient;        // [B, H]: of h after the step in; out: dh * z where running, unchanged where ended. The
                               // caller then adds recurrentGradient * R
  const void* previous;  // T [B, H], rows previousStride apart: outputs of the step before; or null when there is none
  const float* initial;  // [B, H]: h0; or null for zeros
  const int* lengths;    // [B] or null
  long long outputGradientStride;
  long long previousStride;
  int batch;
  int units;
  int step;
  int reverse;
  int pack;
};

// GRU with the reset gate before the recurrent product, first half of a step: r, z and r * h. The GEMM with Rn follows.
// kernels: sluice_gru_before_reset_{f32,bf16}
struct GruBeforeReset {
  void* gates;              // T [B, 3H]: product with the input in; activated r, z out, n's part not touched
  const float* recurrent;   // [B, 2H]: product of h with Rr, Rz; or null when h is zero
  const float* biasInput;   // [3H] or null
  const float* biasHidden;  // [3H] or null
  const float* state;       // [B, H]: h before the step
  void* resetState;         // T [B, H] out: r * h, zero where ended
  const int* lengths;       // [B] or null
  int batch;
  int units;
  int step;
  int pack;
};

// Second half: n and h.
// kernels: sluice_gru_before_output_{f32,bf16}
struct GruBeforeOutput {
  void* gates;              // T [B, 3H]: r, z and the input's product for n in; n activated out
  const float* recurrent;   // [B, H]: product of r * h with Rn; or null when h is zero
  const float* biasInput;   // [3H] or null
  const float* biasHidden;  // [3H] or null
  float* state;             // [B, H]: h before the step in, after it out
  void* hidden;             // T [B, H] or null
  void* output;             // T [B, H], rows outputStride apart, or null
  const int* lengths;       // [B] or null
  long long outputStride;
  int batch;
  int units;
  int step;
  int pack;
};

// Backward of the second half: the gradients of n and z. The caller then computes resetGradient = dn * Rn.
// kernels: sluice_gru_before_output_backward_{f32,bf16}
struct GruBeforeOutputBackward {
  void* gates;                 // T [B, 3H]: r, z, n in; r kept, gradients of z's and n's pre-activations out; all three
                               // zero where ended
  const void* outputGradient;  // T [B, H], rows outputGradientStride apart, not read where ended; or null for zeros
  float* stateGradient;        // [B, H]: of h after the step in; out: dh * z where running, unchanged where ended
  const void* previous;        // as GruBackward
  const float* initial;        // as GruBackward
  const int* lengths;          // [B] or null
  long long outputGradientStride;
  long long previousStride;
  int batch;
  int units;
  int step;
  int reverse;
  int pack;
};

// Backward of the first half: the gradient of r. The caller then adds (dr, dz) * (Rr, Rz) to stateGradient.
// kernels: sluice_gru_before_reset_backward_{f32,bf16}
struct GruBeforeResetBackward {
  void* gates;                 // T [B, 3H]: r, dz, dn in; dr, dz, dn out
  const float* resetGradient;  // [B, H]: gradient of r * h
  float* stateGradient;        // [B, H]: r * resetGradient is added where running
  const void* previous;        // as GruBackward
  const float* initial;        // as GruBackward
  const int* lengths;          // [B] or null
  long long previousStride;
  int batch;
  int units;
  int step;
  int reverse;
  int pack;
};

// kernels: sluice_rnn_forward_{f32,bf16}
struct RnnForward {
  void* gates;              // T [B, H]: product with the input in; h out (zero where ended)
  const float* recurrent;   // [B, H]: product with h, added; or null
  const float* biasInput;   // [H] or null
  const float* biasHidden;  // [H] or null
  float* state;             // [B, H]: h out
  void* hidden;             // T [B, H] or null
  void* output;             // T [B, H], rows outputStride apart, or null
  const int* lengths;       // [B] or null
  long long outputStride;
  int batch;
  int units;
  int step;
  int pack;
  int relu;  // 0: tanh, 1: max(0, x)
};

// kernels: sluice_rnn_backward_{f32,bf16}
struct RnnBackward {
  void* gates;                 // T [B, H]: h in; gradient of the pre-activation out, zero where ended
  const void* outputGradient;  // T [B, H], rows outputGradientStride apart, not read where ended; or null for zeros
  float* stateGradient;        // [B, H]: of h after the step in; out: zero where running, unchanged where ended. The
                               // caller then adds gates * R
  const int* lengths;          // [B] or null
  long long outputGradientStride;
  int batch;
  int units;
  int step;
  int pack;
  int relu;
};

// A length outside 1..T is noted: fault[0] = max(fault[0], T * 2^32 + length as unsigned).
// kernels: sluice_check_lengths
// grid: cdiv(B, 256)
struct CheckLengths {
  const int* lengths;         // [B]
  unsigned long long* fault;  // [1], 0 before the first use
  int batch;
  int steps;  // T
};

// out[b] = x[lengths[b] - 1, b], of a length outside 1..T the nearest row: the rows of each sequence's last step. (The reverse direction starts there from h0, so
// that h0's share of dR is the product of these rows of the gates' gradients with h0.)
// kernels: sluice_gather_last_{f32,bf16}
// grid: cdiv(B, 8)
struct GatherLast {
  const void* x;       // T [T, B, F]
  void* out;           // T [B, F]
  const int* lengths;  // [B]
  int batch;
  int columns;  // F
  int steps;    // T
};
