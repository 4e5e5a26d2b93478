// How long an exchange between all blocks of a launch takes: the latency that each step of a recurrence pays when R is
// spread over the whole device, whatever its sizes are. Nothing is computed with it; a benchmark asks for it.
//
// An exchange is what a recurrent kernel's step has at least: every block writes one number and raises its flag, and
// waits for the flags and reads the numbers of all blocks. Two slots of numbers suffice: a block that writes slot s
// again has seen every block's flag of the exchange between, which each raised after it had read slot s.
#include "arguments.cuh"
#include "exchange.cuh"

// Elements from one block's number to the next: 16 bytes, what loadFresh reads.
constexpr int PROBE_SLOT = 4;

// One block a multiprocessor, cooperative. Time (a - b) / (exchanges of a - those of b) leaves the launch out.
SLUICE_KERNEL(sluice_exchange_probe, ExchangeProbe, BLOCK) {
  const int blocks = (int)gridDim.x;
  unsigned sum = 0;
  for (unsigned exchange = 1; exchange <= (unsigned)a.exchanges; exchange++) {
    unsigned* numbers = a.numbers + (long long)(exchange % 2) * blocks * PROBE_SLOT;
    if (threadIdx.x == 0) {
      numbers[blockIdx.x * PROBE_SLOT] = exchange;
      storeRelease(a.flags + blockIdx.x, exchange);
    }
    for (int block = (int)threadIdx.x; block < blocks; block += BLOCK) {
      awaitFlag(a.flags + block, exchange, block, a.fault);
      sum += loadFresh(numbers + block * PROBE_SLOT).x;
    }
    __syncthreads();
  }
  a.sums[(long long)blockIdx.x * BLOCK + threadIdx.x] = sum;
}
