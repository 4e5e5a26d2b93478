#include "engine.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include "block.hpp"
#include "faults.hpp"
#include "memory.hpp"
#include "orders.hpp"

namespace standin {

Index threadIdx;
Index blockIdx;
Index blockDim;
Index gridDim;

std::string format(const char* pattern, ...) {
  char text[1024];
  va_list values;
  va_start(values, pattern);
  vsnprintf(text, sizeof text, pattern, values);
  va_end(values);
  return text;
}

namespace {

// A kernel that only pauses, over and over, waits for something that never comes.
constexpr int MAX_IDLE_TURNS = 100000;

// What lanes meet for, where it is not a shuffle from a lane.
constexpr int BALLOT = -1;
constexpr int WORDS = -2;  // less the number of the operation

class Engine {
 public:
  Failure run(const Launch& launch);

  // Called on a fibre, by the running thread.
  void barrier(const char* file, int line);
  uint64_t exchange(unsigned mask, uint64_t value, int source);
  const uint32_t* exchangeWords(const uint32_t* words, int count, int operation);
  void* dynamicArray();
  void pause();
  void giveWay();
  [[noreturn]] void stop(int code, const std::string& message);
  [[noreturn]] void stopForFault();
  void* sharedArray(SharedSlot& slot, size_t bytes);
  int lane() const { return thread_ % LANES; }

 private:
  static void fibreMain();
  void runThreads();
  void wait(State state);
  void enter(Block& block, int thread);
  int nextUnstarted();
  void completeExchange(Warp& warp, unsigned mask, int warpNumber);
  void resume(Block& block, int thread);
  void runWarp(Block& block, int warp);
  bool advance(Block& block, bool returnWhenPaused);
  void finishBlock(Block& block);
  void runOneByOne(const std::vector<int>& xs);
  void runTogether();
  Failure name(Failure failure) const;

  Orders orders_;
  std::vector<std::unique_ptr<Fibre>> fibres_;
  std::vector<Fibre*> idle_;
  std::vector<std::unique_ptr<Block>> blocks_;

  // Of the running launch.
  const Launch* launch_ = nullptr;
  int threadCount_ = 0;
  std::vector<int> laneOrder_;
  std::vector<int> warpOrder_;
  Failure failure_;
  // Of the running thread.
  Block* block_ = nullptr;
  Fibre* fibre_ = nullptr;
  int thread_ = 0;
  int cursor_ = 0;
};

Engine& engine() {
  static Engine& instance = *new Engine;  // never destroyed: other threads may run at exit
  return instance;
}

Failure Engine::run(const Launch& launch) {
  launch_ = &launch;
  blockDim = launch.block;
  gridDim = launch.grid;
  threadCount_ = (int)(launch.block.x * launch.block.y * launch.block.z);
  laneOrder_ = orders_.of(LANES);
  warpOrder_ = orders_.of((threadCount_ + LANES - 1) / LANES);
  failure_ = Failure{};
  beginGuard([] { engine().stopForFault(); });
  if (launch.cooperative) {
    runTogether();
  } else {
    runOneByOne(orders_.of((int)launch.grid.x));
  }
  endGuard();
  if (failure_) {
    // Threads were left standing: their stacks are used again from the start.
    idle_.clear();
    for (const std::unique_ptr<Fibre>& fibre : fibres_) {
      fibre->restart();
      idle_.push_back(fibre.get());
    }
    for (const std::unique_ptr<Block>& block : blocks_) {
      block->shared.finish();
    }
  }
  return failure_;
}

void Engine::runOneByOne(const std::vector<int>& xs) {
  if (blocks_.empty()) {
    blocks_.push_back(std::make_unique<Block>());
  }
  Block& block = *blocks_[0];
  for (unsigned z = 0; z < gridDim.z; z++) {
    for (unsigned y = 0; y < gridDim.y; y++) {
      for (const int x : xs) {
        block.begin({(unsigned)x, y, z}, threadCount_, launch_->dynamicBytes);
        advance(block, false);
        finishBlock(block);
        if (failure_) {
          return;
        }
      }
    }
  }
}

// All blocks are alive at once and take turns, so that they can wait for one another.
void Engine::runTogether() {
  const int count = (int)(gridDim.x * gridDim.y * gridDim.z);
  while ((int)blocks_.size() < count) {
    blocks_.push_back(std::make_unique<Block>());
  }
  std::vector<int> waiting = orders_.of(count);
  for (const int b : waiting) {
    const unsigned x = (unsigned)b;
    blocks_[b]->begin({x % gridDim.x, x / gridDim.x % gridDim.y, x / gridDim.x / gridDim.y}, threadCount_,
                      launch_->dynamicBytes);
  }
  for (int idleTurns = 0; !waiting.empty(); idleTurns++) {
    std::vector<int> still;
    for (const int b : waiting) {
      if (!advance(*blocks_[b], true)) {
        still.push_back(b);
      } else {
        finishBlock(*blocks_[b]);
        idleTurns = 0;
      }
      if (failure_) {
        return;
      }
    }
    waiting = still;
    if (idleTurns > MAX_IDLE_TURNS) {
      failure_ = {719, format("the kernel waits for something that never happens: %zu of %d blocks left",
                              waiting.size(), count)};
      return;
    }
  }
}

void Engine::finishBlock(Block& block) {
  const size_t used = block.shared.used();
  const Failure overrun = block.shared.finish();
  if (!failure_ && overrun) {
    failure_ = overrun;
  }
  if (!failure_ && used > SHARED_BYTES) {
    failure_ = {701, format("a block uses %zu bytes of shared memory; %zu is the limit", used, SHARED_BYTES)};
  }
  if (!failure_ && used + launch_->dynamicBytes > MAX_SHARED_BYTES) {
    failure_ = {701, format("a block uses %zu bytes of shared memory and %zu of dynamic one; %zu is the limit", used,
                            launch_->dynamicBytes, MAX_SHARED_BYTES)};
  }
}

// Runs a block until it ends (true) or, if asked to return then, until it gives way or its threads only pause (false).
bool Engine::advance(Block& block, bool returnWhenPaused) {
  const int count = threadCount_;
  int idleTurns = 0;
  for (;;) {
    while (block.runnable > 0) {
      for (const int w : warpOrder_) {
        while (block.warps[w].runnable > 0) {
          runWarp(block, w);
          if (failure_) {
            return true;
          }
          if (block.gaveWay && returnWhenPaused) {
            block.gaveWay = false;
            return false;
          }
        }
      }
    }
    if (block.done == count) {
      return true;
    }
    if (block.atBarrier > 0 && block.atBarrier + block.done == count) {
      block.atBarrier = 0;
      for (int t = 0; t < count; t++) {
        if (block.threads[t].state == State::AT_BARRIER) {
          block.makeReady(t);
        }
      }
    } else if (block.paused > 0) {
      block.paused = 0;
      for (int t = 0; t < count; t++) {
        if (block.threads[t].state == State::PAUSED) {
          block.makeReady(t);
        }
      }
      if (returnWhenPaused) {
        return false;
      }
      if (++idleTurns > MAX_IDLE_TURNS) {
        failure_ = {719, "the kernel waits for something that never happens"};
        return true;
      }
    } else {
      failure_ = {
          719, format("deadlock: of %d threads %d wait at a barrier, %d have returned, and the others wait in a warp "
                      "operation for lanes that do not come",
                      count, block.atBarrier, block.done)};
      return true;
    }
  }
}

void Engine::runWarp(Block& block, int warp) {
  const int lanes = std::min(LANES, threadCount_ - warp * LANES);
  block_ = &block;
  for (cursor_ = 0; cursor_ < LANES;) {
    const int lane = laneOrder_[cursor_++];
    if (lane >= lanes) {
      continue;
    }
    const State state = block.threads[warp * LANES + lane].state;
    if (state == State::READY || state == State::NOT_STARTED) {
      resume(block, warp * LANES + lane);
      if (failure_ || block.gaveWay) {
        return;
      }
    }
  }
}

void Engine::resume(Block& block, int thread) {
  Fibre* fibre = block.threads[thread].fibre;
  if (!fibre) {
    if (idle_.empty()) {
      fibres_.push_back(std::make_unique<Fibre>(fibreMain));
      idle_.push_back(fibres_.back().get());
    }
    fibre = idle_.back();
    idle_.pop_back();
  }
  fibre_ = fibre;
  enter(block, thread);
  fibre->resume();
}

void Engine::enter(Block& block, int thread) {
  block.threads[thread].state = State::RUNNING;
  block.warps[thread / LANES].runnable--;
  block.runnable--;
  thread_ = thread;
  const unsigned t = (unsigned)thread;
  threadIdx = blockDim.y * blockDim.z == 1
                  ? Index{t, 0, 0}
                  : Index{t % blockDim.x, t / blockDim.x % blockDim.y, t / blockDim.x / blockDim.y};
  blockIdx = block.index;
}

void Engine::fibreMain() { engine().runThreads(); }

// What every fibre does for ever: run its thread to the end, go on with the warp's next one that has not started, and
// when there is none go back to the scheduler.
void Engine::runThreads() {
  for (;;) {
    launch_->kernel->run(launch_->arguments);
    Thread& ended = block_->threads[thread_];
    ended.state = State::DONE;
    ended.fibre = nullptr;
    block_->warps[thread_ / LANES].done |= 1u << lane();
    block_->done++;
    const int next = nextUnstarted();
    if (next >= 0) {
      enter(*block_, next);
    } else {
      Fibre* self = fibre_;
      idle_.push_back(self);
      self->leave();
    }
  }
}

int Engine::nextUnstarted() {
  if (cursor_ < LANES) {
    const int next = thread_ / LANES * LANES + laneOrder_[cursor_];
    if (next < threadCount_ && block_->threads[next].state == State::NOT_STARTED) {
      cursor_++;
      return next;
    }
  }
  return -1;
}

void Engine::wait(State state) {
  Thread& thread = block_->threads[thread_];
  thread.state = state;
  thread.fibre = fibre_;
  fibre_->leave();
}

void Engine::stop(int code, const std::string& message) {
  failure_ = {code, format("%s (block %u, %u, %u, thread %u, %u, %u)", message.c_str(), blockIdx.x, blockIdx.y,
                           blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z)};
  fibre_->leave();
  abort();  // a stopped thread is never resumed
}

void Engine::barrier(const char* file, int line) {
  Block& block = *block_;
  if (block.atBarrier == 0) {
    block.barrierFile = file;
    block.barrierLine = line;
  } else if (block.barrierLine != line || block.barrierFile != file) {
    stop(719, format("threads of one block wait at different barriers: %s:%d and %s:%d", block.barrierFile,
                     block.barrierLine, file, line));
  }
  block.atBarrier++;
  wait(State::AT_BARRIER);
}

uint64_t Engine::exchange(unsigned mask, uint64_t value, int source) {
  const int number = thread_ / LANES;
  const int self = lane();
  Warp& warp = block_->warps[number];
  mask &= warp.present;
  if (!(mask >> self & 1)) {
    stop(719, "a lane takes part in a warp operation whose mask leaves it out");
  }
  if (mask & warp.done) {
    stop(719, "a warp operation names lanes that have returned");
  }
  warp.mask[self] = mask;
  warp.value[self] = value;
  warp.source[self] = source;
  warp.arrived |= 1u << self;
  if ((warp.arrived & mask) == mask) {
    completeExchange(warp, mask, number);
  } else {
    wait(State::AT_EXCHANGE);
  }
  return block_->warps[number].result[self];
}

// The last lane of a mask to arrive hands out all results.
void Engine::completeExchange(Warp& warp, unsigned mask, int number) {
  const int self = lane();
  const int kind = std::min(0, warp.source[self]);
  uint64_t ballot = 0;
  for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
    const int k = __builtin_ctz(rest);
    if (warp.mask[k] != mask || std::min(0, warp.source[k]) != kind) {
      stop(719, "lanes of a warp meet in different warp operations");
    }
    ballot |= (warp.value[k] & 1) << k;
  }
  for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
    const int k = __builtin_ctz(rest);
    const int source = warp.source[k];
    warp.result[k] = kind == BALLOT ? ballot : kind < 0 ? 0 : warp.value[mask >> source & 1 ? source : k];
    if (k != self) {
      block_->threads[number * LANES + k].state = State::READY;
    }
  }
  const int woken = __builtin_popcount(mask) - 1;
  warp.runnable += woken;
  block_->runnable += woken;
  warp.arrived &= ~mask;
}

// Every lane leaves its words, and all read all: where those of lane 0 begin, LANES * LANE_WORDS in all.
const uint32_t* Engine::exchangeWords(const uint32_t* words, int count, int operation) {
  Warp& warp = block_->warps[thread_ / LANES];
  if (warp.present != ~0u) {
    stop(719, "a matrix product in a warp that has fewer than 32 lanes");
  }
  const unsigned turn = warp.turn >> lane() & 1;
  warp.turn ^= 1u << lane();
  memcpy(warp.words[turn][lane()], words, (size_t)count * sizeof *words);
  exchange(~0u, 0, WORDS - operation);
  return warp.words[turn][0];
}

void* Engine::dynamicArray() {
  void* array = block_->shared.dynamicArray();
  if (!array) {
    stop(700, "the launch gives no dynamic shared memory, which the kernel uses");
  }
  return array;
}

void Engine::stopForFault() {
  long long behind;
  if (block_ && block_->shared.nearDynamic(faultedAddress(), behind)) {
    stop(700, format("%s outside the dynamic shared memory: %lld bytes behind its end",
                     faultedInWriting() ? "wrote" : "read", behind));
  }
  stop(700, describeFault());
}

void Engine::pause() {
  block_->paused++;
  wait(State::PAUSED);
}

// What a block has handed over is seen late or at once, whichever does harm to a kernel that is wrong: an even block
// goes on, ahead of the others, and shows where it does not wait for them; an odd block's threads all stand still until
// the others had their turn, and show what was not ready yet.
void Engine::giveWay() {
  if (launch_->cooperative && (blockIdx.x + blockIdx.y + blockIdx.z) % 2 == 1) {
    block_->gaveWay = true;
    pause();
  }
}

void* Engine::sharedArray(SharedSlot& slot, size_t bytes) { return block_->shared.array(slot, bytes); }

Failure named(const char* name, const Failure& failure) {
  return failure ? Failure{failure.code, format("%s: %s", name, failure.message.c_str())} : failure;
}

std::map<std::string, KernelEntry>& kernels() {
  static std::map<std::string, KernelEntry> table;
  return table;
}

}  // namespace

Registration::Registration(const KernelEntry& entry) { kernels().emplace(entry.name, entry); }

const KernelEntry* findKernel(const std::string& name) {
  const auto found = kernels().find(name);
  return found == kernels().end() ? nullptr : &found->second;
}

Failure runKernel(const Launch& launch) {
  Failure failure = engine().run(launch);
  if (!failure) {
    failure = checkFences(launch.arguments, launch.kernel->argumentBytes);
  }
  return named(launch.kernel->name, failure);
}

Failure runGuarded(const char* name, const std::function<void()>& body) {
  const KernelEntry entry{name, sizeof body, 1, 32,
                          [](const void* p) { (*static_cast<const std::function<void()>*>(p))(); }};
  Launch launch;
  launch.kernel = &entry;
  launch.arguments = &body;
  return named(name, engine().run(launch));
}

void* sharedArray(SharedSlot& slot, size_t bytes) { return engine().sharedArray(slot, bytes); }
void barrier(const char* file, int line) { engine().barrier(file, line); }
uint64_t shuffle(unsigned mask, uint64_t value, int sourceLane) { return engine().exchange(mask, value, sourceLane); }
unsigned ballot(unsigned mask, bool predicate) { return (unsigned)engine().exchange(mask, predicate, BALLOT); }
const uint32_t* exchangeWords(const uint32_t* words, int count, int operation) {
  return engine().exchangeWords(words, count, operation);
}
void* dynamicArray() { return engine().dynamicArray(); }
void pause() { engine().pause(); }
void giveWay() { engine().giveWay(); }

uint64_t pollClock() {
  static uint64_t now = 0;
  return now += 1000000000;
}

int laneOfThread() { return engine().lane(); }

void checkAligned(const void* pointer, size_t bytes) {
  if ((uintptr_t)pointer % bytes != 0) {
    engine().stop(716, format("a %zu-byte access at %p, which is not a multiple of it", bytes, pointer));
  }
}

}  // namespace standin
