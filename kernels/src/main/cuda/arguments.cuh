// The argument struct of every kernel, and how each kernel is launched: the registry that a launcher works from.
//
// Every kernel takes exactly one struct, by value. The struct can be filled from outside by a simple rule, because each
// field has one line, `type name;`, and only these types occur: pointers and `long long` (8 bytes), `int` and `float`
// (4 bytes), each aligned to its size; the 8-byte fields stand first. The size is rounded up to a multiple of 8.
//
// The line `// kernels:` names the kernels that take the struct. {f32,bf16} stands for one kernel each, whose T is float or
// bf16; [..] are shapes, row-major. `// grid:` says how many blocks to launch, x or x, y; cdiv(a, b) is a / b rounded up,
// pack is 4 for f32 and 8 for bf16 (16 bytes). Every block has 256 threads; no kernel takes dynamic shared memory.
// Where a grid says "any", the result does not depend on it; cdiv(n, 1024) capped at 16 blocks a multiprocessor is right.
//
// Pointers must be aligned to their element. Where all that a kernel reads and writes is aligned to 16 bytes (rows included)
// it uses 16-byte accesses, except that the recurrent kernels must be told (`pack`). "or null" marks what may be null.
// Arrays may be the same only where it says so.
#pragma once

// ---- recurrent cells: one step of one direction of one layer -------------------------------------------------------
//
// Common to all: B = batch, H = units; B * H below 2^31. `pack` is 1, or 4 (f32) or 8 (bf16) when H is a multiple of it and
// every array and every row begins at a multiple of 16 bytes; wide steps gain by it from about B * H = 65,536 on.
// grid: cdiv(B * H / pack, 256)
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
  float* stateGradient;        // [B, H]: gradient of h after the step in, without outputGradient; out: zero where running,
                               // unchanged where ended. The caller then adds gates * R to get that of h before the step
  float* cellGradient;         // [B, H]: gradient of c after the step in, of c before it out
  const float* cellBefore;     // [B, H]; or null for zeros
  const float* cellAfter;      // [B, H]
  const int* lengths;          // [B] or null
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
  const void* previous;        // T [B, H], rows previousStride apart: outputs of the step before; or null when there is none
  const float* initial;        // [B, H]: h0; or null for zeros
  const int* lengths;          // [B] or null
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
  int relu;                 // 0: tanh, 1: max(0, x)
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

// out[b] = x[lengths[b] - 1, b]: the rows of each sequence's last step. (The reverse direction starts there from h0, so
// that h0's share of dR is the product of these rows of the gates' gradients with h0.)
// kernels: sluice_gather_last_{f32,bf16}
// grid: cdiv(B, 8)
struct GatherLast {
  const void* x;       // T [T, B, F]
  void* out;           // T [B, F]
  const int* lengths;  // [B]
  int batch;
  int columns;         // F
};

// ---- embedding -----------------------------------------------------------------------------------------------------

// A negative id gives zeros. An id of V or more gives zeros too and is noted: fault[0] = max(fault[0], id).
// kernels: sluice_embedding_forward_{f32,bf16} sluice_embedding_forward_f32_bf16 (fp32 table, bf16 output)
// grid: cdiv(N, 8)
struct EmbeddingForward {
  const void* table;  // T [V, E]
  const int* ids;     // [N]
  void* output;       // T [N, E]
  int* fault;         // [1], 0 before the first use
  long long rows;     // N
  int columns;        // E
  int vocabulary;     // V
};

// The backward pass, first: sorts the ids, 1,024 at a time. Keys are id (as unsigned) * 2^32 + position, so they all differ.
// kernels: sluice_sort_tiles
// grid: cdiv(N, 1024)
struct SortTiles {
  const int* ids;                // [N], N below 2^31
  unsigned long long* keys;      // [N rounded up to a multiple of 1,024] out: sorted within each tile
  long long rows;                // N
};

// Second: merges the tiles. (With one tile this copies.)
// kernels: sluice_merge_tiles
// grid: cdiv(N, 256)
struct MergeTiles {
  const unsigned long long* keys;  // [N rounded up to a multiple of 1,024], from sluice_sort_tiles
  unsigned long long* sorted;      // [N]: in ascending order
  long long rows;                  // N
};

// Third: adds each id's rows in the order of their positions. Ids below 0, and of V or more, add nothing.
// kernels: sluice_embedding_backward_{f32,bf16}
// grid: cdiv(N, 8), cdiv(E, 32 * pack)
struct EmbeddingBackward {
  const void* gradient;              // T [N, E]
  const unsigned long long* sorted;  // [N], from sluice_merge_tiles
  float* tableGradient;              // [V, E]; added to
  long long rows;                    // N
  int columns;                       // E
  int vocabulary;                    // V
};

// ---- losses --------------------------------------------------------------------------------------------------------

// counted[0] = number of targets in 0..V-1. A target of V or more is noted as in EmbeddingForward, and ignored.
// kernels: sluice_count_targets
// grid: 1
struct CountTargets {
  const int* targets;  // [N]
  long long* counted;  // [1]
  int* fault;          // [1]
  long long rows;      // N
  int classes;         // V
};

// kernels: sluice_cross_entropy_{f32,bf16}
// grid: N when V > 1024, else cdiv(N, 8)
struct CrossEntropy {
  const void* logits;        // T [N, V]
  void* gradient;            // T [N, V] or null; may be logits
  const int* targets;        // [N]; outside 0..V-1: loss 0, gradient 0
  float* losses;             // [N]
  const long long* counted;  // [1], from sluice_count_targets
  long long rows;            // N
  int classes;               // V
  float smoothing;
  float gradientScale;
};

// kernels: sluice_softmax_{f32,bf16}
// grid: N when V > 1024, else cdiv(N, 8)
struct Softmax {
  const void* x;   // T [N, V]
  void* y;         // T [N, V]; may be x
  long long rows;  // N
  int columns;     // V
};

// counted[0] = F times the number of rows whose weight is not 0.
// kernels: sluice_count_rows
// grid: 1
struct CountRows {
  const float* rowWeights;  // [N]; or null when all count
  long long* counted;       // [1]
  long long rows;           // N
  int columns;              // F
};

// kernels: sluice_regression_{f32,bf16}
// grid: P = cdiv(N * F, 4096), at most 1,024: it fixes the order of the sum
struct Regression {
  const void* prediction;    // T [N, F]
  const void* target;        // T [N, F]
  void* gradient;            // T [N, F] or null; may be prediction
  const float* rowWeights;   // [N] or null
  float* partials;           // [P]: sums of losses
  const long long* counted;  // [1], from sluice_count_rows
  long long rows;            // N
  int columns;               // F
  int kind;                  // 0 squared, 1 absolute, 2 Huber
  float delta;
  float gradientScale;
};

// ---- dropout, layer norm -------------------------------------------------------------------------------------------

// kernels: sluice_dropout_{f32,bf16}
// grid: any
struct Dropout {
  const void* x;      // T [n]
  void* y;            // T [n]; may be x
  const int* step;    // [1]
  long long count;    // n
  long long seed;
  float probability;  // of dropping, below 1
  int stream;
};

// kernels: sluice_layer_norm_forward_{f32,bf16}
// grid: N when F > 1024, else cdiv(N, 8)
struct LayerNormForward {
  const void* x;      // T [N, F]
  const float* gain;  // [F]
  const float* bias;  // [F]
  void* y;            // T [N, F]
  float* mean;        // [N]
  float* rstd;        // [N]
  long long rows;     // N
  int columns;        // F
  float epsilon;
};

// kernels: sluice_layer_norm_backward_{f32,bf16}
// grid: N when F > 1024, else cdiv(N, 8)
struct LayerNormBackward {
  const void* x;          // T [N, F]
  const float* gain;      // [F]
  const float* mean;      // [N]
  const float* rstd;      // [N]
  const void* dy;         // T [N, F]
  void* dx;               // T [N, F]; may be dy
  long long rows;         // N
  int columns;            // F
};

// Sums over chunks of rows, of dy * x̂ and of dy: the gradients of gain and bias, to be finished by sluice_column_totals.
// kernels: sluice_layer_norm_partials_{f32,bf16}
// grid: C = cdiv(N, chunkRows), cdiv(F, 32 * pack)
struct LayerNormPartials {
  const void* x;      // T [N, F]
  const void* dy;     // T [N, F]
  const float* mean;  // [N]
  const float* rstd;  // [N]
  float* partials;    // [2, C, F]: for gain, for bias
  long long rows;     // N
  int columns;        // F
  int chunkRows;      // as ColumnPartials
};

// ---- reductions ----------------------------------------------------------------------------------------------------

// Sums over chunks of rows. chunkRows is to follow from N alone, since it fixes the order: max(256, cdiv(N, 256)).
// kernels: sluice_column_partials_{f32,bf16}
// grid: C = cdiv(N, chunkRows), cdiv(F, 32 * pack)
struct ColumnPartials {
  const void* x;    // T [N, F]
  float* partials;  // [C, F]
  long long rows;   // N
  int columns;      // F
  int chunkRows;
};

// out[f] += sum over the chunks in turn.
// kernels: sluice_column_totals
// grid: cdiv(F, 256)
struct ColumnTotals {
  const float* partials;  // [C, F]
  float* out;             // [F]; added to
  float* second;          // [F]: the same is added; or null
  int chunks;             // C
  int columns;            // F
};

// kernels: sluice_square_partials_{f32,bf16}
// grid: P = cdiv(n, 4096), at most 1,024: it fixes the order of the sum
struct SquarePartials {
  const void* x;    // T [n]
  float* partials;  // [P]
  long long count;  // n
};

// kernels: sluice_total
// grid: 1
struct Total {
  const float* partials;     // [P]
  const long long* counted;  // [1], added to out[1]; or null
  float* out;                // [1], or [2] with counted
  long long count;           // P
  int accumulate;            // 0: out[0] = sum, 1: out[0] += sum
};

// ---- element by element --------------------------------------------------------------------------------------------

// kernels: sluice_fill_{f32,bf16}
// grid: any
struct Fill {
  void* x;          // T [n]
  long long count;  // n
  float value;
};

// x = factor * x
// kernels: sluice_scale_{f32,bf16}
// grid: any
struct Scale {
  void* x;          // T [n]
  long long count;  // n
  float factor;
};

// y = y + alpha * x
// kernels: sluice_add_{f32,bf16}
// grid: any
struct Add {
  const void* x;    // T [n]
  void* y;          // T [n]
  long long count;  // n
  float alpha;
};

// kernels: sluice_multiply_{f32,bf16}
// grid: any
struct Multiply {
  const void* a;    // T [n]
  const void* b;    // T [n]
  void* out;        // T [n]; may be a or b
  long long count;  // n
};

// kernels: sluice_activate_{f32,bf16}
// grid: any
struct Activate {
  const void* x;    // T [n]
  void* y;          // T [n]; may be x
  long long count;  // n
  int kind;         // 0 sigmoid, 1 tanh, 2 relu
};

// kernels: sluice_activate_backward_{f32,bf16}
// grid: any
struct ActivateBackward {
  const void* y;    // T [n]: result of the activation
  const void* dy;   // T [n]
  void* dx;         // T [n]; may be dy
  long long count;  // n
  int kind;         // as Activate
};

// Every row of x += bias.
// kernels: sluice_add_bias_{f32,bf16}
// grid: cdiv(N, 8)
struct AddBias {
  void* x;            // T [N, F]
  const float* bias;  // [F]
  long long rows;     // N
  int columns;        // F
};

// counter[0] += 1
// kernels: sluice_increment
// grid: 1
struct Increment {
  int* counter;  // [1]
};

// kernels: sluice_cast_f32_bf16 sluice_cast_bf16_f32
// grid: any
struct Cast {
  const void* source;  // [n]
  void* target;        // [n]
  long long count;     // n
};

// ---- optimisers ----------------------------------------------------------------------------------------------------

// What all parameters of an update share, computed once on the device: control = {1 to apply or 0 to leave everything, factor
// on the gradients, learning rate, 1 - beta1^t, 1 - beta2^t}. applied[0] goes up by 1 unless gradientSquares is not finite.
// kernels: sluice_update_prepare
// grid: 1
struct UpdatePrepare {
  const float* learningRate;     // [1]
  int* applied;                  // [1]
  const float* gradientSquares;  // [1]
  float* control;                // [5]
  float clipNorm;                // infinity for none
  float beta1;                   // Adam only, else 0
  float beta2;
};

// kernels: sluice_update_sgd sluice_update_rmsprop sluice_update_adam
// grid: any
struct Update {
  float* parameters;       // [P]
  const float* gradients;  // [P]
  float* state0;           // [P]: sgd v, rmsprop s, adam m; null for sgd without momentum
  float* state1;           // [P]: adam v
  void* copy;              // bf16 [P]: receives the new parameters, rounded; or null
  const float* control;    // [5], from sluice_update_prepare
  long long count;         // P
  float clipValue;         // infinity for none
  float weightDecay;
  float beta1;             // sgd momentum, rmsprop decay, adam beta1
  float beta2;             // adam beta2
  float epsilon;           // rmsprop, adam
  int variant;             // sgd: 1 for Nesterov; adam: 1 for decoupled decay; else 0
};
