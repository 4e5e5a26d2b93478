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
  int source[LANES];  // or BALLOT, or WORDS - the operation
  uint64_t result[LANES];
  // What whole-warp exchanges carry. A lane may be one exchange ahead of another that has not read yet, so two take
  // turns.
  uint32_t words[2][LANES][LANE_WORDS];
  unsigned turn = 0;  // a bit a lane: which of the two it uses next
  int runnable = 0;
};

// The shared arrays of one block; a fence of known bytes behind each shows writes past its end. The dynamic array ends
// where a closed page begins, so that a read behind it shows too.
class SharedMemory {
 public:
  SharedMemory();
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  // The dynamic array has this many bytes from now on, poisoned.
  void begin(size_t dynamicBytes);
  void* array(SharedSlot& slot, size_t bytes);
  // Null when the launch gave none.
  void* dynamicArray() const { return dynamicBytes_ > 0 ? dynamic_ : nullptr; }
  // Whether an address lies in or near the dynamic array, and then how far behind it (or negative, before its end).
  bool nearDynamic(uintptr_t address, long long& behind) const;
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
  char* dynamicPages_ = nullptr;  // made when first needed
  char* dynamic_ = nullptr;
  size_t dynamicBytes_ = 0;
  std::vector<Touched> touched_;
  std::vector<bool> known_;  // by slot id
};

class Block {
 public:
  // Makes the block ready to run with this many threads, all not started, and this much dynamic shared memory.
  void begin(Index index, int threads, size_t dynamicBytes);

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
