// The argument struct of every kernel, and how each kernel is launched: the registry that a launcher works from.
//
// Every kernel takes exactly one struct, by value. The struct can be filled from outside by a simple rule, because each
// field has one line, `type name;`, and only these types occur: pointers and `long long` (8 bytes), `int` and `float`
// (4 bytes), each aligned to its size; the 8-byte fields stand first. The size is rounded up to a multiple of 8.
//
// The line `// kernels:` names the kernels that take the struct. {f32,bf16} stands for one kernel each, whose T is
// float or bf16; [..] are shapes, row-major. `// grid:` says how many blocks to launch, x or x, y; cdiv(a, b) is a / b
// rounded up, pack is 4 for f32 and 8 for bf16 (16 bytes). Every block has 256 threads. A kernel takes dynamic shared
// memory where a line `// dynamic shared memory:` says how many bytes, else none. Where a grid says "any", the result
// does not depend on it; cdiv(n, 1024) capped at 16 blocks a multiprocessor is right.
//
// Pointers must be aligned to their element. Where all that a kernel reads and writes is aligned to 16 bytes (rows
// included) it uses 16-byte accesses, except that the recurrent kernels must be told (`pack`). "or null" marks what may
// be null. Arrays may be the same only where it says so.
#pragma once
#include "grid_arguments.cuh"
#include "recurrent_arguments.cuh"
#include "persistent_arguments.cuh"

// ---- embedding -----------------------------------------------------------------------------------------------------

// A negative id gives zeros. An id of V or more gives zeros too and is noted: fault[0] = max(fault[0], V * 2^32 + id).
// kernels: sluice_embedding_forward_{f32,bf16} sluice_embedding_forward_f32_bf16 (fp32 table, bf16 output)
// grid: cdiv(N, 8)
struct EmbeddingForward {
  const void* table;          // T [V, E]
  const int* ids;             // [N]
  void* output;               // T [N, E]
  unsigned long long* fault;  // [1], 0 before the first use
  long long rows;             // N
  int columns;                // E
  int vocabulary;             // V
};

// The backward pass, first: sorts the ids, 1,024 at a time. Keys are id (as unsigned) * 2^32 + position, so they all
// differ.
// kernels: sluice_sort_tiles
// grid: cdiv(N, 1024)
struct SortTiles {
  const int* ids;            // [N], N below 2^31
  unsigned long long* keys;  // [N rounded up to a multiple of 1,024] out: sorted within each tile
  long long rows;            // N
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
  const int* targets;         // [N]
  long long* counted;         // [1]
  unsigned long long* fault;  // [1]
  long long rows;             // N
  int classes;                // V
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

// x and y may be a part of a larger array, whose mask counts from the array's first element.
// kernels: sluice_dropout_{f32,bf16}
// grid: any
struct Dropout {
  const void* x;    // T [n]
  void* y;          // T [n]; may be x
  const int* step;  // [1]
  long long first;  // elements of the array before x and y
  long long count;  // n
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
  const void* x;      // T [N, F]
  const float* gain;  // [F]
  const float* mean;  // [N]
  const float* rstd;  // [N]
  const void* dy;     // T [N, F]
  void* dx;           // T [N, F]; may be dy
  long long rows;     // N
  int columns;        // F
};

// Sums over chunks of rows, of dy * x̂ and of dy: the gradients of gain and bias, to be finished by
// sluice_column_totals.
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

// What all parameters of an update share, computed once on the device: control = {1 to apply or 0 to leave everything,
// factor on the gradients, learning rate, 1 - beta1^t, 1 - beta2^t}. applied[0] goes up by 1 unless gradientSquares is
// not finite.
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
  float beta1;    // sgd momentum, rmsprop decay, adam beta1
  float beta2;    // adam beta2
  float epsilon;  // rmsprop, adam
  int variant;    // sgd: 1 for Nesterov; adam: 1 for decoupled decay; else 0
};
