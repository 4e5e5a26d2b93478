// Embedding: look-up, sort, and the deterministic gradient.
#include <algorithm>
#include <cmath>

#include "../gpu.hpp"
#include "arguments.cuh"

namespace {

// Ids that repeat, with negative ones and ones past the end.
std::vector<int> someIds(int rows, int vocabulary) {
  std::vector<int> ids(rows);
  for (int& id : ids) {
    const double x = uniformNumber(0, 1);
    id = x < 0.1 ? -1 : x < 0.15 ? vocabulary + 3 : x < 0.5 ? vocabulary / 2 : (int)(uniformNumber(0, 1) * vocabulary);
  }
  return ids;
}

}  // namespace

TEST(embedding_forward) {
  struct Kind {
    const char* kernel;
    bool table;
    bool output;
  };
  for (const Kind& kind :
       {Kind{"sluice_embedding_forward_f32", false, false}, Kind{"sluice_embedding_forward_bf16", true, true},
        Kind{"sluice_embedding_forward_f32_bf16", false, true}}) {
    for (const int rows : {1, 7, 65}) {
      for (const int columns : {1, 3, 8, 64, 257, 264}) {
        for (const int shift : {0, 1}) {
          inCase("%s N=%d E=%d shift=%d", kind.kernel, rows, columns, shift);
          constexpr int VOCABULARY = 11;
          const Array table = Array::random(kind.table, VOCABULARY * columns, 1, shift);
          std::vector<int> ids = someIds(rows, VOCABULARY);
          const Items<int> deviceIds(ids);
          const Items<unsigned long long> fault(std::vector<unsigned long long>{0});
          Array output(kind.output, (size_t)rows * columns, shift);
          launch(
              kind.kernel, cdiv(rows, 8),
              EmbeddingForward{table.data(), deviceIds.data(), output.data(), fault.data(), rows, columns, VOCABULARY});
          std::vector<double> want;
          unsigned long long largest = 0;
          for (const int id : ids) {
            for (int c = 0; c < columns; c++) {
              want.push_back(id < 0 || id >= VOCABULARY ? 0
                                                        : roundTo(kind.output, table.host()[(size_t)id * columns + c]));
            }
            if (id >= VOCABULARY) {
              largest = std::max(largest, (unsigned long long)VOCABULARY << 32 | id);
            }
          }
          close("output", output.download(), want, 0, 0);
          check(fault.download()[0] == largest, "the fault tells an id that is too large");
        }
      }
    }
  }
}

TEST(embedding_backward) {
  for (const bool half : {false, true}) {
    for (const int rows : {1, 2, 255, 1023, 1024, 1025, 5000}) {
      for (const int columns : {1, 8, 127, 132, 264}) {
        if (rows > 2000 && columns > 130) {
          continue;
        }
        const int shift = rows % 2;
        const int vocabulary = rows > 1024 ? 700 : 13;
        inCase("%s N=%d E=%d V=%d", half ? "bf16" : "f32", rows, columns, vocabulary);
        const std::vector<int> ids = someIds(rows, vocabulary);
        const Items<int> deviceIds(ids);
        const long long tiles = cdiv(rows, 1024);
        const Items<unsigned long long> keys(std::vector<unsigned long long>(tiles * 1024, 1));
        const Items<unsigned long long> sorted(std::vector<unsigned long long>(rows, 1));
        launch("sluice_sort_tiles", tiles, SortTiles{deviceIds.data(), keys.data(), rows});
        launch("sluice_merge_tiles", cdiv(rows, 256), MergeTiles{keys.data(), sorted.data(), rows});
        std::vector<unsigned long long> wantSorted;
        for (int n = 0; n < rows; n++) {
          wantSorted.push_back((unsigned long long)(unsigned)ids[n] << 32 | (unsigned)n);
        }
        std::sort(wantSorted.begin(), wantSorted.end());
        check(sorted.download() == wantSorted, "the positions are sorted by id, then position");

        const Array gradient = Array::random(half, (size_t)rows * columns, 1, shift);
        Array table = Array::random(false, (size_t)vocabulary * columns);
        launch(std::string("sluice_embedding_backward") + suffix(half), cdiv(rows, 8),
               EmbeddingBackward{gradient.data(), sorted.data(), table.floats(), rows, columns, vocabulary},
               cdiv(columns, half ? 256 : 128));
        std::vector<double> want = table.host();
        std::vector<double> sizes(want.size());
        for (size_t k = 0; k < want.size(); k++) {
          sizes[k] = std::abs(want[k]);
        }
        for (int n = 0; n < rows; n++) {
          for (int c = 0; c < columns && ids[n] >= 0 && ids[n] < vocabulary; c++) {
            want[(size_t)ids[n] * columns + c] += gradient.host()[(size_t)n * columns + c];
            sizes[(size_t)ids[n] * columns + c] += std::abs(gradient.host()[(size_t)n * columns + c]);
          }
        }
        for (double& each : sizes) {
          each *= rows * 6e-8;
        }
        within("table", table.download(), want, sizes);
      }
    }
  }
}
