// Kernels that break a rule are stopped, and named; correct ones run.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "session.hpp"

namespace {

std::string order() {
  const char* text = getenv("SLUICE_STANDIN_ORDER");
  return text ? text : "forward";
}

// Launches a probe on 64 floats and expects this error, with these words.
void expectFault(const char* name, CUresult code, const char* words) {
  inCase("%s", name);
  Session session;
  const CUdeviceptr data = session.allocate(64 * sizeof(float));
  const CUdeviceptr counter = session.allocate(4);
  cuMemsetD32_v2(counter, 0, 1);
  expectCode(session.launch(name, data, 64, nullptr, 256, counter), code);
  expectMessage(code, name);
  expectMessage(code, words);
  int value;
  expectCode(cuCtxSynchronize(), code);  // and every later call fails, until the context is reset
  expectCode(cuDevicePrimaryCtxReset_v2(0), CU_OK);
  expectCode(cuCtxSynchronize(), CU_OK);
  (void)value;
}

}  // namespace

TEST(faults_are_named) {
  expectFault("probe_writes_behind", CU_ILLEGAL_ADDRESS, "wrote");
  expectFault("probe_writes_behind", CU_ILLEGAL_ADDRESS, "0 bytes behind an allocation of 256 bytes");
  expectFault("probe_writes_before", CU_ILLEGAL_ADDRESS, "outside an allocation of 256 bytes");
  expectFault("probe_reads_behind", CU_ILLEGAL_ADDRESS, "read");
  expectFault("probe_misaligned", CU_MISALIGNED_ADDRESS, "16-byte access");
  expectFault("probe_overruns_shared", CU_ILLEGAL_ADDRESS, "shared array of 32 bytes");
  expectFault("probe_two_barriers", CU_LAUNCH_FAILED, "different barriers");
  expectFault("probe_waits_for_ever", CU_LAUNCH_FAILED, "never happens");
}

TEST(a_warp_operation_needs_its_lanes) {
  inCase("lane 5 has returned, or never comes");
  Session session;
  const CUdeviceptr data = session.allocate(256 * sizeof(float));
  expectCode(session.launch("probe_lanes_missing", data, 256), CU_LAUNCH_FAILED);
  expectMessage(CU_LAUNCH_FAILED, "probe_lanes_missing");
}

TEST(a_matrix_product_needs_the_whole_warp) {
  expectFault("probe_matrix_lane_missing", CU_LAUNCH_FAILED, "lane");
  expectFault("probe_matrix_lane_at_barrier", CU_LAUNCH_FAILED, "deadlock");
  expectFault("probe_matrix_two_products", CU_LAUNCH_FAILED, "different warp operations");
  expectFault("probe_matrix_and_shuffle", CU_LAUNCH_FAILED, "different warp operations");
  inCase("a block of 40 threads");
  Session session;
  const CUdeviceptr data = session.allocate(1024);
  expectCode(session.launch("probe_matrix_part_of_warp", data, 0, nullptr, 64), CU_OK);
  expectCode(session.launch("probe_matrix_part_of_warp", data, 0, nullptr, 40), CU_LAUNCH_FAILED);
  expectMessage(CU_LAUNCH_FAILED, "fewer than 32 lanes");
}

TEST(use_after_free_is_caught) {
  inCase("a kernel, and a copy");
  Session session;
  const CUdeviceptr data = session.allocate(1024);
  cuMemFree_v2(data);
  expectCode(cuMemcpyDtoD_v2(data, data, 4), CU_INVALID_VALUE);
  expectMessage(CU_INVALID_VALUE, "freed");
  expectCode(session.launch("probe_with_barrier", data, 256), CU_ILLEGAL_ADDRESS);
  expectMessage(CU_ILLEGAL_ADDRESS, "that was freed");
}

TEST(freeing_twice_is_an_error) {
  Session session;
  const CUdeviceptr data = session.allocate(1024);
  expectCode(cuMemFree_v2(data), CU_OK);
  expectCode(cuMemFree_v2(data), CU_INVALID_VALUE);
  expectCode(cuMemFree_v2(session.allocate(16) + 4), CU_INVALID_VALUE);
}

TEST(new_memory_is_nan) {
  Session session;
  for (const float each : session.download(session.allocate(40), 10)) {
    check(std::isnan(each), "new memory holds NaN");
  }
}

TEST(a_missing_barrier_shows) {
  std::vector<float> want(256);
  for (int k = 0; k < 256; k++) {
    want[k] = (float)((k + 1) % 256);
  }
  Session session;
  const CUdeviceptr data = session.allocate(256 * sizeof(float));
  inCase("with the barrier");
  expectCode(session.launch("probe_with_barrier", data, 256), CU_OK);
  check(session.download(data, 256) == want, "each thread sees its neighbour's number");
  inCase("without");
  expectCode(session.launch("probe_without_barrier", data, 256), CU_OK);
  check(session.download(data, 256) != want, "the missing barrier changes the result");
  if (order() == "reverse") {
    return;  // here each thread happens to run after all that it reads from
  }
  inCase("without the second");
  const CUdeviceptr ones = session.floats(std::vector<float>(256, 1));
  expectCode(session.launch("probe_without_second_barrier", ones, 256), CU_OK);
  check(session.download(ones, 1)[0] != 256, "the missing second barrier changes the sum");
}

TEST(warp_operations) {
  Session session;
  const CUdeviceptr data = session.allocate(256 * sizeof(float));
  expectCode(session.launch("probe_warp", data, 256), CU_OK);
  const std::vector<float> got = session.download(data, 256);
  for (int k = 0; k < 256; k++) {
    const int lane = k % 32;
    auto first = [](int l) { return (float)(l + (l ^ 16)); };
    const int source = lane + 3;
    const bool inHalf = source / 16 == lane / 16 && source < 32;
    const float want = first(lane) + first(inHalf ? source : lane) + 100.0f * (lane < 16 ? 2 : 17) + 0.5f;
    if (got[k] != want) {
      fail("thread %d has %g, not %g", k, (double)got[k], (double)want);
      return;
    }
  }
}

TEST(cooperative_grids_meet) {
  Session session;
  constexpr int BLOCKS = 7;
  constexpr int COUNT = BLOCKS * 256;
  const CUdeviceptr data = session.allocate(2 * COUNT * sizeof(float));
  const CUdeviceptr counter = session.allocate(4);
  cuMemsetD32_v2(counter, 0, 1);
  Probe probe{reinterpret_cast<float*>(data), reinterpret_cast<unsigned*>(counter), COUNT};
  void* parameters[] = {&probe};
  const CUfunction function = session.function("probe_grid_barrier");
  expectCode(cuLaunchCooperativeKernel(function, BLOCKS, 1, 1, 256, 1, 1, 0, nullptr, parameters), CU_OK);
  const std::vector<float> got = session.download(data + COUNT * sizeof(float), COUNT);
  for (int k = 0; k < COUNT; k++) {
    check(got[k] == (float)(COUNT - 1 - k), "each thread sees the other end's number");
  }
  expectCode(cuLaunchCooperativeKernel(function, 100000, 1, 1, 256, 1, 1, 0, nullptr, parameters),
             CU_COOPERATIVE_LAUNCH_TOO_LARGE);
}

// What a kernel that hands numbers from block to block got, and its note of a wait that was given up.
static std::vector<float> handedOver(const char* name, bool cooperative, unsigned long long& fault) {
  constexpr int BLOCKS = 3;
  constexpr int COUNT = BLOCKS * 256;
  Session session;
  const CUdeviceptr data = session.allocate(2 * COUNT * sizeof(float));
  const CUdeviceptr counter = session.allocate(16 * 4);
  cuMemsetD32_v2(counter, 0, 16);
  Probe probe{reinterpret_cast<float*>(data), reinterpret_cast<unsigned*>(counter), COUNT};
  void* parameters[] = {&probe};
  const CUfunction function = session.function(name);
  inCase("%s", name);
  expectCode(cooperative
                 ? cuLaunchCooperativeKernel(function, BLOCKS, 1, 1, 256, 1, 1, 0, nullptr, parameters)
                 : cuLaunchKernel(function, BLOCKS, 1, 1, 256, 1, 1, 0, nullptr, parameters, nullptr),
             CU_OK);
  cuMemcpyDtoH_v2(&fault, counter + 14 * 4, sizeof fault);
  return session.download(data + COUNT * sizeof(float), COUNT);
}

TEST(numbers_handed_from_block_to_block) {
  std::vector<float> want(3 * 256);
  for (int k = 0; k < (int)want.size(); k++) {
    want[k] = (float)((k + 256) % (int)want.size());
  }
  unsigned long long fault;
  check(handedOver("probe_hands_over", true, fault) == want && fault == 0, "each block sees the next one's numbers");
  check(handedOver("probe_raises_flag_too_early", true, fault) != want, "a flag before the barrier shows");
  check(handedOver("probe_does_not_wait", true, fault) != want, "a missing wait shows");
  handedOver("probe_hands_over", false, fault);
  check(fault >> 32 == 10 && (unsigned)fault < 3, "blocks that do not run together give up waiting, and say so");
}

TEST(indices_in_three_dimensions) {
  Session session;
  constexpr int THREADS = 3 * 5 * 2;
  constexpr int BLOCKS = 2 * 3 * 4;
  const CUdeviceptr data = session.allocate(THREADS * BLOCKS * sizeof(float));
  Probe probe{reinterpret_cast<float*>(data), nullptr, 0};
  void* parameters[] = {&probe};
  expectCode(cuLaunchKernel(session.function("probe_indices"), 2, 3, 4, 3, 5, 2, 0, nullptr, parameters, nullptr),
             CU_OK);
  const std::vector<float> got = session.download(data, THREADS * BLOCKS);
  for (int k = 0; k < THREADS * BLOCKS; k++) {
    check(got[k] == (float)(k / THREADS * 1000 + k % THREADS), "every thread of every block ran at its place");
  }
}

TEST(launches_are_checked) {
  Session session;
  const CUdeviceptr data = session.allocate(1024);
  const CUfunction function = session.function("probe_with_barrier");
  Probe probe{reinterpret_cast<float*>(data), nullptr, 256};
  void* parameters[] = {&probe};
  expectCode(cuLaunchKernel(function, 0, 1, 1, 256, 1, 1, 0, nullptr, parameters, nullptr), CU_INVALID_VALUE);
  expectCode(cuLaunchKernel(function, 1, 1, 1, 257, 1, 1, 0, nullptr, parameters, nullptr), CU_INVALID_VALUE);
  expectCode(cuLaunchKernel(function, 1, 65536, 1, 256, 1, 1, 0, nullptr, parameters, nullptr), CU_INVALID_VALUE);
  expectCode(cuLaunchKernel(function, 1, 1, 1, 256, 1, 1, 0, nullptr, nullptr, nullptr), CU_INVALID_VALUE);
  size_t size = sizeof probe;
  void* extra[] = {(void*)CU_PARAM_BUFFER_POINTER, &probe, (void*)CU_PARAM_BUFFER_SIZE, &size, (void*)CU_PARAM_END};
  expectCode(cuLaunchKernel(function, 1, 1, 1, 256, 1, 1, 0, nullptr, nullptr, extra), CU_OK);
  size = sizeof probe - 4;
  expectCode(cuLaunchKernel(function, 1, 1, 1, 256, 1, 1, 0, nullptr, nullptr, extra), CU_INVALID_VALUE);
  expectMessage(CU_INVALID_VALUE, "20 bytes of arguments, it takes 24");
  CUfunction missing;
  CUmodule module;
  expectCode(cuModuleLoadData(&module, "this is no image"), CU_INVALID_IMAGE);
  expectCode(cuModuleLoadData(&module,
                              "\x7f"
                              "ELF"),
             CU_OK);
  expectCode(cuModuleGetFunction(&missing, module, "sluice_no_such_kernel"), CU_NOT_FOUND);
  expectCode(cuModuleUnload(module), CU_OK);
  expectCode(cuModuleGetFunction(&missing, module, "probe_warp"), CU_INVALID_HANDLE);
}
