// In which order blocks, warps and lanes run: SLUICE_STANDIN_ORDER.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace standin {

struct Orders {
  enum { FORWARD, REVERSE, RANDOM } kind = FORWARD;
  std::mt19937 random;

  Orders() {
    const char* text = getenv("SLUICE_STANDIN_ORDER");
    const std::string order = text ? text : "forward";
    if (order == "reverse") {
      kind = REVERSE;
    } else if (order.rfind("random:", 0) == 0) {
      kind = RANDOM;
      random.seed((unsigned)atoi(order.c_str() + 7));
    } else if (order != "forward") {
      fprintf(stderr, "Sluice stand-in: SLUICE_STANDIN_ORDER must be forward, reverse or random:SEED, not %s\n", text);
      abort();
    }
  }

  std::vector<int> of(int count) {
    std::vector<int> order(count);
    std::iota(order.begin(), order.end(), 0);
    if (kind == REVERSE) {
      std::reverse(order.begin(), order.end());
    } else if (kind == RANDOM) {
      std::shuffle(order.begin(), order.end(), random);
    }
    return order;
  }
};

}  // namespace standin
