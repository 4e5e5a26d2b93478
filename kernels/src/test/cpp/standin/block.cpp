#include "block.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

#include "engine.hpp"
#include "memory.hpp"

namespace standin {

namespace {

constexpr size_t ARENA_BYTES = 1 << 20;
constexpr size_t FENCE_BYTES = 64;
constexpr unsigned char FENCE = 0xA5;
constexpr size_t PAGE = 4096;
constexpr size_t DYNAMIC_BYTES = (MAX_SHARED_BYTES + FENCE_BYTES + PAGE - 1) / PAGE * PAGE;

int nextSlot = 0;
size_t nextOffset = FENCE_BYTES;

}  // namespace

SharedMemory::SharedMemory() {
  void* memory = mmap(nullptr, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    abort();
  }
  memory_ = static_cast<char*>(memory);
}

SharedMemory::~SharedMemory() {
  munmap(memory_, ARENA_BYTES);
  if (dynamicPages_) {
    munmap(dynamicPages_, DYNAMIC_BYTES + 2 * PAGE);
  }
}

void SharedMemory::begin(size_t dynamicBytes) {
  dynamicBytes_ = dynamicBytes;
  if (dynamicBytes == 0) {
    return;
  }
  if (!dynamicPages_) {
    void* pages = mmap(nullptr, DYNAMIC_BYTES + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
      abort();
    }
    dynamicPages_ = static_cast<char*>(pages);
    mprotect(dynamicPages_ + PAGE, DYNAMIC_BYTES, PROT_READ | PROT_WRITE);
  }
  char* end = dynamicPages_ + PAGE + DYNAMIC_BYTES;
  dynamic_ = end - (dynamicBytes + 15) / 16 * 16;
  memset(dynamic_ - FENCE_BYTES, FENCE, FENCE_BYTES);
  poison(dynamic_, dynamicBytes);
  memset(dynamic_ + dynamicBytes, FENCE, end - (dynamic_ + dynamicBytes));
}

bool SharedMemory::nearDynamic(uintptr_t address, long long& behind) const {
  if (dynamicBytes_ == 0 || address < (uintptr_t)dynamicPages_ ||
      address >= (uintptr_t)dynamicPages_ + DYNAMIC_BYTES + 2 * PAGE) {
    return false;
  }
  behind = (long long)address - (long long)((uintptr_t)dynamic_ + dynamicBytes_);
  return true;
}

void* SharedMemory::array(SharedSlot& slot, size_t bytes) {
  if (slot.id < 0) {
    slot.id = nextSlot++;
    slot.offset = nextOffset;
    nextOffset += (bytes + FENCE_BYTES - 1) / FENCE_BYTES * FENCE_BYTES + 2 * FENCE_BYTES;
    if (nextOffset > ARENA_BYTES) {
      abort();  // all declarations of all kernels together
    }
  }
  if (slot.id >= (int)known_.size()) {
    known_.resize(slot.id + 1);
  }
  char* array = memory_ + slot.offset;
  if (!known_[slot.id]) {
    known_[slot.id] = true;
    touched_.push_back({slot.offset, bytes});
    used_ += bytes;
    poison(array, bytes);
    memset(array - FENCE_BYTES, FENCE, FENCE_BYTES);
    memset(array + bytes, FENCE, FENCE_BYTES);
  }
  return array;
}

Failure SharedMemory::finish() {
  Failure failure;
  for (const Touched& array : touched_) {
    for (size_t k = 0; k < FENCE_BYTES; k++) {
      if ((unsigned char)memory_[array.offset + array.bytes + k] != FENCE ||
          (unsigned char)memory_[array.offset - FENCE_BYTES + k] != FENCE) {
        failure = {700, format("wrote outside a shared array of %zu bytes", array.bytes)};
      }
    }
  }
  if (dynamicBytes_ > 0) {
    char* end = dynamicPages_ + PAGE + DYNAMIC_BYTES;
    const auto broken = [](char byte) { return (unsigned char)byte != FENCE; };
    if (std::any_of(dynamic_ - FENCE_BYTES, dynamic_, broken) || std::any_of(dynamic_ + dynamicBytes_, end, broken)) {
      failure = {700, format("wrote outside the dynamic shared memory of %zu bytes", dynamicBytes_)};
    }
  }
  touched_.clear();
  known_.assign(known_.size(), false);
  used_ = 0;
  return failure;
}

void Block::begin(Index where, int count, size_t dynamicBytes) {
  index = where;
  shared.begin(dynamicBytes);
  threads.assign(count, Thread{});
  warps.resize((count + LANES - 1) / LANES);
  for (int w = 0; w < (int)warps.size(); w++) {
    const int lanes = count - w * LANES < LANES ? count - w * LANES : LANES;
    Warp& warp = warps[w];
    warp.present = lanes == LANES ? ~0u : (1u << lanes) - 1;
    warp.done = 0;
    warp.arrived = 0;
    warp.turn = 0;
    warp.runnable = lanes;
  }
  done = 0;
  atBarrier = 0;
  paused = 0;
  runnable = count;
  gaveWay = false;
}

void Block::makeReady(int thread) {
  threads[thread].state = State::READY;
  warps[thread / LANES].runnable++;
  runnable++;
}

}  // namespace standin
