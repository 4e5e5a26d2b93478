// Dropout: the generator against its published test vectors, the mask element by element, and forward equal to
// backward.
#include "../gpu.hpp"
#include "arguments.cuh"

namespace {

// Philox 4x32-10 as in the paper, in 64-bit arithmetic.
void philoxBlock(uint64_t seed, uint64_t block, uint32_t stream, uint32_t step, uint32_t out[4]) {
  uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t c[4] = {(uint32_t)block, (uint32_t)(block >> 32), stream, step};
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = (uint64_t)0xD2511F53 * c[0];
    const uint64_t p1 = (uint64_t)0xCD9E8D57 * c[2];
    const uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ key[0], (uint32_t)p1, (uint32_t)(p0 >> 32) ^ c[3] ^ key[1],
                              (uint32_t)p0};
    std::copy(next, next + 4, c);
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  std::copy(c, c + 4, out);
}

}  // namespace

TEST(philox_of_the_test) {
  // Known answers of the authors' distribution (kat_vectors, philox4x32 10).
  uint32_t out[4];
  philoxBlock(0, 0, 0, 0, out);
  check(out[0] == 0x6627e8d5 && out[1] == 0xe169c58d && out[2] == 0xbc57ac4c && out[3] == 0x9b00dbd8,
        "counter 0, key 0");
  philoxBlock(~0ull, ~0ull, ~0u, ~0u, out);
  check(out[0] == 0x408f276d && out[1] == 0x41c83b0e && out[2] == 0xa20bc7c6 && out[3] == 0x6d5451fd, "all ones");
}

// Of the elements from number `first` on of a larger array.
void testDropout(bool half, int count, float probability, int shift, long long first) {
  inCase("%s n=%d p=%g shift=%d first=%lld", half ? "bf16" : "f32", count, (double)probability, shift, first);
  Array x = Array::random(half, count, 1, shift);
  Array y = shift ? x : Array(half, count);
  const Items<int> step(std::vector<int>{42});
  const long long seed = -0x123456789abcdefLL;
  launch(std::string("sluice_dropout") + suffix(half), cdiv(count, 1024),
         Dropout{x.data(), y.data(), step.data(), first, count, seed, probability, 17});
  std::vector<double> want(count);
  for (int k = 0; k < count; k++) {
    uint32_t words[4];
    philoxBlock((uint64_t)seed, (first + k) / 4, 17, 42, words);
    const double u = (words[(first + k) % 4] >> 8) / 16777216.0;
    want[k] = u >= probability ? x.host()[k] / (1 - (double)probability) : 0;
  }
  close("y", y.download(), want, relativeError(half), 0);
}

TEST(dropout) {
  for (const bool half : {false, true}) {
    for (const int count : {1, 3, 4, 7, 8, 9, 1000, 5003}) {
      for (const float probability : {0.0f, 0.25f, 0.9f}) {
        for (const int shift : {0, 1}) {
          for (const long long first : {0LL, 4LL, 7LL, 1LL << 34}) {
            testDropout(half, count, probability, shift, first);
          }
        }
      }
    }
  }
}
