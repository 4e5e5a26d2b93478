// Streams, events, graphs and memory: what must wait waits, and what is wrong is refused.
#include <cmath>

#include "session.hpp"

namespace {

// A kernel's worth of work: copies the first 16 floats of data to the second 16.
CUresult copyUp(Session& session, CUdeviceptr data, CUstream stream) {
  return session.launch("probe_copies", data, 16, stream);
}

std::vector<float> numbers(float first) {
  std::vector<float> values(32, -1);
  for (int k = 0; k < 16; k++) {
    values[k] = first + (float)k;
  }
  return values;
}

}  // namespace

TEST(work_waits_until_it_is_asked_for) {
  Session session;
  const CUstream stream = session.stream();
  const CUdeviceptr data = session.floats(numbers(0));
  expectCode(copyUp(session, data, stream), CU_OK);
  expectCode(cuStreamQuery(stream), CU_NOT_READY);
  expectCode(cuStreamQuery(stream), CU_OK);  // a query lets one piece of work run
  expectCode(copyUp(session, data, stream), CU_OK);
  std::vector<float> early(16);
  // The default stream does not wait for a non-blocking one.
  cuMemsetD32_v2(data + 64, 0, 16);
  cuMemcpyDtoH_v2(early.data(), data + 64, 64);
  check(early[3] == 0, "a missing cuStreamSynchronize shows");
  expectCode(cuStreamSynchronize(stream), CU_OK);
  check(session.download(data + 64, 16)[3] == 3, "after it the work is done");
  const CUstream blocking = session.stream(0);
  cuMemsetD32_v2(data + 64, 0, 16);
  expectCode(copyUp(session, data, blocking), CU_OK);
  check(session.download(data + 64, 16)[3] == 3, "the default stream waits for blocking streams");
}

TEST(events_order_streams) {
  for (const bool wait : {false, true}) {
    inCase("wait=%d", wait);
    Session session;
    const CUstream first = session.stream();
    const CUstream second = session.stream();
    const CUevent event = session.event();
    const CUdeviceptr source = session.floats(numbers(5));
    const CUdeviceptr target = session.floats(numbers(0));
    copyUp(session, source, first);
    cuEventRecord(event, first);
    if (wait) {
      expectCode(cuStreamWaitEvent(second, event, 0), CU_OK);
    }
    cuMemcpyDtoDAsync_v2(target, source + 64, 64, second);
    cuStreamSynchronize(second);
    const float got = session.download(target, 16)[2];
    check(got == (wait ? 7 : -1), wait ? "the second stream waits" : "a missing event shows");
    expectCode(cuEventQuery(event), wait ? CU_OK : CU_NOT_READY);
    expectCode(cuEventSynchronize(event), CU_OK);
  }
}

TEST(host_memory_of_asynchronous_copies) {
  Session session;
  const CUstream stream = session.stream();
  const CUdeviceptr data = session.allocate(64);
  std::vector<float> pageable(16, 3);
  cuMemcpyHtoDAsync_v2(data, pageable.data(), 64, stream);
  pageable.assign(16, 4);
  cuStreamSynchronize(stream);
  check(session.download(data, 1)[0] == 3, "pageable memory is read before the call returns");
  void* pinned = nullptr;
  expectCode(cuMemHostAlloc(&pinned, 64, 0), CU_OK);
  float* numbers = static_cast<float*>(pinned);
  numbers[0] = 5;
  cuMemcpyHtoDAsync_v2(data, pinned, 64, stream);
  numbers[0] = 6;
  cuStreamSynchronize(stream);
  check(session.download(data, 1)[0] == 6, "pinned memory is read when the copy runs: writing it early shows");
  numbers[0] = 0;
  cuMemcpyDtoHAsync_v2(pinned, data, 64, stream);
  check(numbers[0] == 0, "and written only then");
  cuStreamSynchronize(stream);
  check(numbers[0] == 6, "which is when the stream is waited for");
  expectCode(cuMemFreeHost(pinned), CU_OK);
}

TEST(graphs_replay) {
  inCase("two streams in one graph");
  Session session;
  const CUstream main = session.stream();
  const CUstream side = session.stream();
  const CUevent fork = session.event();
  const CUevent join = session.event();
  const CUdeviceptr data = session.floats(numbers(1));
  const CUdeviceptr other = session.floats(numbers(50));
  const CUdeviceptr result = session.allocate(128);
  expectCode(cuStreamBeginCapture_v2(main, CU_CAPTURE_THREAD_LOCAL), CU_OK);
  copyUp(session, data, main);
  cuEventRecord(fork, main);
  cuStreamWaitEvent(side, fork, 0);
  copyUp(session, other, side);
  cuEventRecord(join, side);
  cuMemcpyDtoDAsync_v2(result, data + 64, 64, main);
  cuStreamWaitEvent(main, join, 0);
  cuMemcpyDtoDAsync_v2(result + 64, other + 64, 64, main);
  int capturing = 0;
  cuStreamIsCapturing(side, &capturing);
  check(capturing == 1, "the side stream is captured too");
  CUgraph graph;
  expectCode(cuStreamEndCapture(main, &graph), CU_OK);
  check(session.download(data + 64, 1)[0] == -1, "nothing runs while it is captured");
  size_t nodes = 0;
  cuGraphGetNodes(graph, nullptr, &nodes);
  check(nodes == 4, "four nodes");
  CUgraphExec executable;
  expectCode(cuGraphInstantiateWithFlags(&executable, graph, 0), CU_OK);
  expectCode(cuGraphDestroy(graph), CU_OK);
  for (const float first : {1.0f, 20.0f}) {
    const std::vector<float> values = numbers(first);
    cuMemcpyHtoD_v2(data, values.data(), 64);
    expectCode(cuGraphLaunch(executable, main), CU_OK);
    cuStreamSynchronize(main);
    const std::vector<float> got = session.download(result, 32);
    check(got[2] == first + 2 && got[18] == 52, "each replay reads the data of its time");
  }
  expectCode(cuGraphExecDestroy(executable), CU_OK);
  expectCode(cuGraphLaunch(executable, main), CU_INVALID_VALUE);
}

// A second stream that does not wait for the first: it shows when the first one is slow.
TEST(either_stream_may_be_slow) {
  for (const int slow : {0, 1}) {
    inCase("stream %d is slow", slow);
    setenv("SLUICE_STANDIN_SLOW_STREAM", std::to_string(slow).c_str(), 1);
    const float wanted = slow == 1 ? 7 : -1;
    Session session;
    const CUstream main = session.stream();
    const CUstream side = session.stream();
    const CUdeviceptr result = session.allocate(64);
    CUdeviceptr data = session.floats(numbers(5));
    copyUp(session, data, main);
    cuMemcpyDtoDAsync_v2(result, data + 64, 64, side);
    cuStreamSynchronize(main);
    cuStreamSynchronize(side);
    check(session.download(result, 16)[2] == wanted, "directly");
    data = session.floats(numbers(5));
    const CUevent fork = session.event();
    const CUevent join = session.event();
    cuStreamBeginCapture_v2(main, CU_CAPTURE_THREAD_LOCAL);
    cuEventRecord(fork, main);
    cuStreamWaitEvent(side, fork, 0);
    copyUp(session, data, main);
    cuMemcpyDtoDAsync_v2(result, data + 64, 64, side);
    cuEventRecord(join, side);
    cuStreamWaitEvent(main, join, 0);
    CUgraph graph;
    CUgraphExec executable;
    expectCode(cuStreamEndCapture(main, &graph), CU_OK);
    cuGraphInstantiateWithFlags(&executable, graph, 0);
    cuGraphLaunch(executable, main);
    cuStreamSynchronize(main);
    check(session.download(result, 16)[2] == wanted, "in a graph");
  }
  unsetenv("SLUICE_STANDIN_SLOW_STREAM");
}

TEST(captures_refuse_what_cuda_refuses) {
  Session session;
  const CUdeviceptr data = session.floats(numbers(1));
  CUgraph graph;
  struct Refused {
    const char* what;
    CUresult code;
    CUresult (*call)(Session&, CUdeviceptr, CUstream);
  };
  const Refused calls[] = {
      {"cuMemAlloc", CU_CAPTURE_UNSUPPORTED,
       [](Session&, CUdeviceptr, CUstream) {
         CUdeviceptr pointer;
         return cuMemAlloc_v2(&pointer, 16);
       }},
      {"a synchronous copy", CU_CAPTURE_UNSUPPORTED,
       [](Session&, CUdeviceptr d, CUstream) { return cuMemcpyDtoD_v2(d, d + 64, 4); }},
      {"cuStreamSynchronize", CU_CAPTURE_UNSUPPORTED,
       [](Session&, CUdeviceptr, CUstream s) { return cuStreamSynchronize(s); }},
      {"cuCtxSynchronize", CU_CAPTURE_UNSUPPORTED, [](Session&, CUdeviceptr, CUstream) { return cuCtxSynchronize(); }},
      {"an event from outside", CU_CAPTURE_ISOLATION,
       [](Session& session, CUdeviceptr, CUstream s) {
         const CUevent event = session.event();
         cuEventRecord(event, session.stream());
         return cuStreamWaitEvent(s, event, 0);
       }},
  };
  for (const Refused& call : calls) {
    inCase("%s", call.what);
    const CUstream stream = session.stream();
    cuStreamBeginCapture_v2(stream, CU_CAPTURE_GLOBAL);
    expectCode(call.call(session, data, stream), call.code);
    expectCode(cuStreamEndCapture(stream, &graph), CU_CAPTURE_INVALIDATED);
  }
  inCase("a side stream that is not joined");
  const CUstream main = session.stream();
  const CUstream side = session.stream();
  const CUevent fork = session.event();
  cuStreamBeginCapture_v2(main, CU_CAPTURE_GLOBAL);
  cuEventRecord(fork, main);
  cuStreamWaitEvent(side, fork, 0);
  copyUp(session, data, side);
  expectCode(cuStreamEndCapture(main, &graph), CU_CAPTURE_UNJOINED);
  inCase("an end without a beginning");
  expectCode(cuStreamEndCapture(main, &graph), CU_ILLEGAL_STATE);
}

TEST(a_fault_in_a_graph_names_its_kernel) {
  Session session;
  const CUstream stream = session.stream();
  const CUdeviceptr data = session.allocate(64);
  cuStreamBeginCapture_v2(stream, CU_CAPTURE_GLOBAL);
  session.launch("probe_writes_behind", data, 16, stream);
  CUgraph graph;
  CUgraphExec executable;
  cuStreamEndCapture(stream, &graph);
  cuGraphInstantiateWithFlags(&executable, graph, 0);
  expectCode(cuGraphLaunch(executable, stream), CU_OK);
  expectCode(cuStreamSynchronize(stream), CU_ILLEGAL_ADDRESS);
  expectMessage(CU_ILLEGAL_ADDRESS, "probe_writes_behind");
}

TEST(memory_is_counted_and_ends) {
  Session session;
  size_t free = 0, total = 0;
  cuMemGetInfo_v2(&free, &total);
  check(free == total, "a reset context has no allocations");
  CUdeviceptr pointer;
  expectCode(cuMemAlloc_v2(&pointer, total + 1), CU_OUT_OF_MEMORY);
  expectMessage(CU_OUT_OF_MEMORY, "bytes were asked for");
  for (int k = 0; k < 20000; k++) {
    if (cuMemAlloc_v2(&pointer, 100 + k % 5000) != CU_OK || cuMemFree_v2(pointer) != CU_OK) {
      fail("allocation %d", k);
      return;
    }
  }
  const CUstream stream = session.stream();
  expectCode(cuMemAllocAsync(&pointer, 1000, stream), CU_OK);
  expectCode(cuMemFreeAsync(pointer, stream), CU_OK);
  size_t now = 0;
  cuMemGetInfo_v2(&now, &total);
  check(now == free - 1000, "memory freed in a stream is free when the stream gets there");
  cuStreamSynchronize(stream);
  cuMemGetInfo_v2(&now, &total);
  check(now == free, "everything was given back");
}

TEST(copies_are_checked) {
  Session session;
  const CUdeviceptr data = session.allocate(64);
  char host[256] = {};
  expectCode(cuMemcpyHtoD_v2(data, host, 65), CU_INVALID_VALUE);
  expectMessage(CU_INVALID_VALUE, "do not lie in one allocation");
  expectCode(cuMemcpyHtoD_v2(data + 4, host, 60), CU_OK);
  expectCode(cuMemsetD32_v2(data, 0, 17), CU_INVALID_VALUE);
  expectCode(cuMemsetD32Async(data, 0x3f800000, 16, session.stream()), CU_OK);
  expectCode(cuCtxSynchronize(), CU_OK);
  check(session.download(data, 16)[15] == 1, "filled");
  CUmemcpy2D copy = {};
  copy.srcMemoryType = 2;
  copy.srcDevice = data;
  copy.srcPitch = 16;
  copy.dstMemoryType = 1;
  copy.dstHost = host;
  copy.dstPitch = 8;
  copy.widthInBytes = 8;
  copy.height = 4;
  expectCode(cuMemcpy2D_v2(&copy), CU_OK);
  check(reinterpret_cast<float*>(host)[7] == 1, "the last row arrived");
  copy.height = 5;
  expectCode(cuMemcpy2D_v2(&copy), CU_INVALID_VALUE);
}

TEST(a_thread_needs_a_context) {
  Session session;
  cuCtxSetCurrent(nullptr);
  CUdeviceptr pointer;
  expectCode(cuMemAlloc_v2(&pointer, 16), CU_INVALID_CONTEXT);
}

TEST(the_device_says_what_it_is) {
  Session session;
  char name[64];
  expectCode(cuDeviceGetName(name, sizeof name, 0), CU_OK);
  check(strcmp(name, "Sluice stand-in (no GPU)") == 0, name);
  CUdevice device;
  expectCode(cuDeviceGet(&device, 7), CU_INVALID_DEVICE);
  int major = 0, warp = 0;
  cuDeviceGetAttribute(&major, 75, 0);
  cuDeviceGetAttribute(&warp, 10, 0);
  check(major == 9 && warp == 32, "capability 9.0, warps of 32");
}
