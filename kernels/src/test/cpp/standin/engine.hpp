// Runs a kernel's grid on the host: block by block, each thread a fibre that gives way at barriers and shuffles.
//
// A thread that never waits costs a function call: one fibre runs such threads one after another. SLUICE_STANDIN_ORDER
// sets the order of blocks, warps and lanes: `forward` (the default), `reverse`, or `random:SEED`. A kernel that lacks
// a barrier gives other results in at least one of them, and usually in `forward` already.
#pragma once
#include <functional>
#include <string>

#include "cuda_on_host.hpp"
#include "failure.hpp"

namespace standin {

struct Launch {
  const KernelEntry* kernel = nullptr;
  const void* arguments = nullptr;
  Index grid;
  Index block;
  size_t dynamicBytes = 0;  // of shared memory
  bool cooperative = false;
};

// The kernel of this name, or null.
const KernelEntry* findKernel(const std::string& name);

// Runs a whole grid. When a kernel breaks a rule or touches memory that is not its own it is stopped where it stands.
Failure runKernel(const Launch& launch);

// Runs host code (a copy, a matrix product) under the same guard.
Failure runGuarded(const char* name, const std::function<void()>& body);

// Shared memory that a block can have without asking for more, as on every GPU; with asking; and that of a
// multiprocessor, which loses RESERVED_SHARED_BYTES to each block: as on compute capability 9.0.
constexpr size_t SHARED_BYTES = 48 * 1024;
constexpr size_t MAX_SHARED_BYTES = 227 * 1024;
constexpr int MULTIPROCESSOR_SHARED = 228 * 1024;
constexpr size_t RESERVED_SHARED_BYTES = 1024;

}  // namespace standin
