// One block of a running grid: its threads, its warps' exchanges, and its shared memory.
#pragma once
#include <memory>
#include <vector>

#include "cuda_on_host.hpp"
#include "failure.hpp"
#include "fibre.hpp"

namespace standin {

constexpr int LANES = 32;

enum class State : unsigned char { NOT_STARTED, READY, RUNNING, AT_BARRIER, AT_EXCHANGE, PAUSED, DONE };

struct Thread {
  State state = State::NOT_STARTED;
  Fibre* fibre = nullptr;  // its own from its first wait on
};

struct Warp {
  unsigned present = 0;  // lanes that exist
  unsigned done = 0;
  unsigned arrived = 0;  // lanes that wait for others of their mask
  unsigned mask[LANES];
  uint64_t value[LANES];
  int source[LANES];  // -1: ballot
  uint64_t result[LANES];
  int runnable = 0;
};

// The shared arrays of one block; a fence of known bytes behind each shows writes past its end.
class SharedMemory {
 public:
  SharedMemory();
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  void* array(SharedSlot& slot, size_t bytes);
  // Checks the fences and forgets the arrays, for the next block.
  Failure finish();
  size_t used() const { return used_; }

 private:
  struct Touched {
    size_t offset;
    size_t bytes;
  };
  char* memory_;
  size_t used_ = 0;
  std::vector<Touched> touched_;
  std::vector<bool> known_;  // by slot id
};

class Block {
 public:
  // Makes the block ready to run with this many threads, all not started.
  void begin(Index index, int threads);

  Index index;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  SharedMemory shared;
  int done = 0;
  int atBarrier = 0;
  int paused = 0;
  int runnable = 0;
  bool gaveWay = false;
  const char* barrierFile = nullptr;
  int barrierLine = 0;

  void makeReady(int thread);
};

}  // namespace standin
