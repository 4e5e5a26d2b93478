// Dropout: the mask is a function of seed, stream, step and the element's number, so it is never stored, and backward
// is the same kernel on the gradient. Four elements share one Philox block.
//
// Cost: one read and one write an element. Launch: any grid of 256.
#include "arguments.cuh"
#include "numbers.cuh"
#include "philox.cuh"

template <typename T>
__device__ inline void dropout(const Dropout& a) {
  const T* x = static_cast<const T*>(a.x);
  T* y = static_cast<T*>(a.y);
  const unsigned step = (unsigned)a.step[0];
  const float keep = 1 - a.probability;
  const bool wide = aligned16(x) && aligned16(y) && a.first % 4 == 0;
  overElements<PACK<T>>(a.count, wide, [&](auto width, long long at) {
    constexpr int N = decltype(width)::value;
    Floats<N> values = load<N>(x + at);
    if constexpr (N == 1) {
      const long long element = a.first + at;
      const Words words = philox(a.seed, element / 4, a.stream, step);
      // Chosen by comparison: an index would put the words into local memory.
      const int word = (int)(element % 4);
      const unsigned bits = word == 0 ? words.at[0] : word == 1 ? words.at[1] : word == 2 ? words.at[2] : words.at[3];
      values.at[0] = uniform(bits) >= a.probability ? values.at[0] / keep : 0;
    } else {
      for (int k = 0; k < N; k += 4) {
        const Words words = philox(a.seed, (a.first + at + k) / 4, a.stream, step);
        for (int j = 0; j < 4; j++) {
          values.at[k + j] = uniform(words.at[j]) >= a.probability ? values.at[k + j] / keep : 0;
        }
      }
    }
    store<N>(y + at, values);
  });
}

SLUICE_KERNEL(sluice_dropout_f32, Dropout, BLOCK) { dropout<float>(a); }
SLUICE_KERNEL(sluice_dropout_bf16, Dropout, BLOCK) { dropout<bf16>(a); }
