// The probe's blocks see every number of every exchange, and none from another one.
#include "../gpu.hpp"
#include "arguments.cuh"

TEST(exchange_probe) {
  constexpr int BLOCKS = 3;
  constexpr int EXCHANGES = 5;
  const Items<unsigned> flags(std::vector<unsigned>(BLOCKS, 0));
  const Items<unsigned> numbers(std::vector<unsigned>(2 * BLOCKS * 4, 1000));
  const Items<unsigned> sums(std::vector<unsigned>(BLOCKS * 256, 1000));
  const Items<unsigned long long> fault(std::vector<unsigned long long>(1, 0));
  ExchangeProbe arguments{flags.data(), numbers.data(), sums.data(), fault.data(), EXCHANGES};
  launchTogether("sluice_exchange_probe", BLOCKS, 1, 0, arguments);
  const std::vector<unsigned> seen = sums.download();
  for (int thread = 0; thread < BLOCKS * 256; thread++) {
    const unsigned wanted = thread % 256 < BLOCKS ? EXCHANGES * (EXCHANGES + 1) / 2 : 0;
    if (seen[thread] != wanted) {
      fail("thread %d added up %u, not %u", thread, seen[thread], wanted);
    }
  }
  check(fault.download()[0] == 0, "no wait was given up");
}
