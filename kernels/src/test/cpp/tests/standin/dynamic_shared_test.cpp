// Shared memory whose size the launch says: how much there may be, what it holds, and what happens beside it.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "session.hpp"

namespace {

constexpr int MAX_DYNAMIC_SHARED_SIZE = 8;
constexpr int SHARED_PER_BLOCK_OPTIN = 97;

CUresult launchWith(CUfunction function, CUdeviceptr data, int count, unsigned sharedBytes) {
  Probe probe{reinterpret_cast<float*>(data), nullptr, count};
  void* parameters[] = {&probe};
  return cuLaunchKernel(function, 1, 1, 1, 256, 1, 1, sharedBytes, nullptr, parameters, nullptr);
}

void expectFault(const char* name, int count, unsigned sharedBytes, const char* words) {
  inCase("%s, %u bytes", name, sharedBytes);
  Session session;
  expectCode(launchWith(session.function(name), session.allocate(1024), count, sharedBytes), CU_ILLEGAL_ADDRESS);
  expectMessage(CU_ILLEGAL_ADDRESS, words);
}

}  // namespace

TEST(dynamic_shared_memory_holds_what_was_written) {
  Session session;
  const CUfunction function = session.function("probe_dynamic_shared");
  int most = 0;
  cuDeviceGetAttribute(&most, SHARED_PER_BLOCK_OPTIN, 0);
  expectCode(cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED_SIZE, most), CU_OK);
  for (const int count : {1, 300, 12288, most / 4}) {
    inCase("%d floats", count);
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 0.0f);
    const CUdeviceptr data = session.floats(values);
    expectCode(launchWith(function, data, count, (unsigned)count * 4), CU_OK);
    std::reverse(values.begin(), values.end());
    check(session.download(data, count) == values, "reversed through shared memory");
  }
}

TEST(dynamic_shared_memory_is_asked_for) {
  Session session;
  const CUfunction function = session.function("probe_dynamic_shared");
  const CUdeviceptr data = session.allocate(65536);
  int limit = 0;
  expectCode(cuFuncGetAttribute(&limit, MAX_DYNAMIC_SHARED_SIZE, function), CU_OK);
  check(limit == 48 * 1024, "48 KB without asking");
  expectCode(launchWith(function, data, 12288 + 4, 48 * 1024 + 16), CU_INVALID_VALUE);
  expectMessage(CU_INVALID_VALUE, "49168 bytes of dynamic shared memory; 49152 were asked for");
  expectCode(cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED_SIZE, 48 * 1024 + 16), CU_OK);
  expectCode(launchWith(function, data, 12288 + 4, 48 * 1024 + 16), CU_OK);
  expectCode(cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED_SIZE, 227 * 1024 + 16), CU_INVALID_VALUE);
}

TEST(dynamic_shared_memory_is_new_for_every_block) {
  Session session;
  const CUdeviceptr data = session.floats(std::vector<float>(256, 1));
  expectCode(launchWith(session.function("probe_dynamic_shared"), data, 256, 1024), CU_OK);
  expectCode(launchWith(session.function("probe_new_dynamic_shared"), data, 256, 1024), CU_OK);
  for (const float each : session.download(data, 256)) {
    check(std::isnan(each), "it holds NaN, not what the last kernel left");
  }
}

TEST(dynamic_shared_memory_is_fenced) {
  expectFault("probe_dynamic_shared", 4, 0, "gives no dynamic shared memory");
  expectFault("probe_writes_behind_dynamic_shared", 8, 32, "wrote outside the dynamic shared memory: 0 bytes behind");
  expectFault("probe_reads_behind_dynamic_shared", 8, 32, "read outside the dynamic shared memory: 0 bytes behind");
  expectFault("probe_writes_behind_dynamic_shared", 7, 28, "outside the dynamic shared memory of 28 bytes");
  expectFault("probe_writes_before_dynamic_shared", 8, 32, "outside the dynamic shared memory of 32 bytes");
}

// 255 registers a thread leave room for one block a multiprocessor, and so does more than half of its shared memory.
TEST(dynamic_shared_memory_and_registers_limit_what_is_resident) {
  Session session;
  const CUdeviceptr data = session.allocate(64 * 256 * sizeof(float));
  const auto resident = [&](const char* name, size_t sharedBytes) {
    int blocks = 0;
    expectCode(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, session.function(name), 256, sharedBytes), CU_OK);
    return blocks;
  };
  check(resident("probe_persistent", 0) == 1, "one block of a persistent kernel");
  check(resident("probe_grid_barrier", 120000) == 1, "one block with 120,000 bytes");
  check(resident("probe_grid_barrier", 0) == 8, "eight blocks without");
  Probe probe{reinterpret_cast<float*>(data), nullptr, 0};
  void* parameters[] = {&probe};
  const auto cooperative = [&](unsigned count) {
    return cuLaunchCooperativeKernel(session.function("probe_persistent"), count, 1, 1, 256, 1, 1, 1024, nullptr,
                                     parameters);
  };
  expectCode(cooperative(4), CU_OK);
  expectCode(cooperative(5), CU_COOPERATIVE_LAUNCH_TOO_LARGE);
}
