// What the driver's exported functions share: the lock, the state, and how a failure is reported.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "driver_api.h"
#include "engine.hpp"
#include "failure.hpp"
#include "memory.hpp"
#include "streams.hpp"

struct CUctx_st {
  CUdevice device;
  unsigned flags = 0;
  bool primary = false;
};

struct CUfunc_st {
  const standin::KernelEntry* kernel;
  CUmodule module;
  size_t dynamicLimit = standin::SHARED_BYTES;  // of shared memory, that a launch may ask for
};

struct CUmod_st {
  std::map<std::string, std::unique_ptr<CUfunc_st>> functions;
};

struct CUevent_st {
  std::shared_ptr<standin::Event> event = std::make_shared<standin::Event>();
};

struct CUgraph_st {
  standin::Graph graph;
};

struct CUgraphExec_st {
  std::shared_ptr<standin::Graph> graph;
};

namespace standin {

// Multiprocessors that the stand-in claims (SLUICE_STANDIN_MULTIPROCESSORS, 4 unless set); looked up each time.
int multiprocessors();

// Other properties that it claims.
constexpr int MAX_BLOCK_THREADS = 1024;
constexpr int MULTIPROCESSOR_THREADS = 2048;
constexpr int MULTIPROCESSOR_REGISTERS = 65536;

struct Driver {
  std::recursive_mutex mutex;
  bool initialised = false;
  Failure sticky;  // after a kernel's fault every call fails, until the context is reset
  std::map<int, std::string> messages;
  Streams streams;
  std::map<CUdevice, CUctx_st> primary;
  std::map<CUdevice, int> retained;
  std::set<CUcontext> contexts;
  std::set<CUmodule> modules;
  std::set<CUevent> events;
  std::set<CUgraph> graphs;
  size_t lastGraphNodes = 0;  // of the most recent capture
  int lastGraphChain = 0;
  std::set<CUgraphExec> executables;
  std::set<CUmemoryPool> pools;
  std::map<char*, size_t> pinned;
  std::map<const char*, unsigned long long> calls;  // by the caller's own copy of its name
  long long handles = 0;                            // of cuBLAS
};

Driver& driver();

// The number that an environment variable holds.
int setting(const char* name, int otherwise);

// SLUICE_STANDIN_DEVICES, 1 unless set.
int deviceCount();

// The calling thread's context.
CUcontext& currentContext();

// SLUICE_STANDIN_FAILURE=FUNCTION:CALL:CODE makes one call fail, the CALLth of that function since the library was
// loaded: the code when this call is that one, else 0.
CUresult orderedFailure(const char* function);

// The code of a failure; remembers its words for cuGetErrorString, and a kernel's fault for all later calls.
CUresult report(const Failure& failure);

// What every call that needs a context checks first.
CUresult checkContext();

// Whether there is such a device.
CUresult checkDevice(CUdevice device);

// Null, the legacy default stream (also as 1 and 2), becomes null.
CUresult findStream(CUstream handle, Stream*& stream);

void resetContext();

}  // namespace standin

#define STANDIN_LOCK()                                                 \
  std::lock_guard<std::recursive_mutex> lock(standin::driver().mutex); \
  standin::driver().calls[__func__]++

#define STANDIN_MAY_FAIL()                                    \
  if (CUresult refused = standin::orderedFailure(__func__)) { \
    return refused;                                           \
  }

#define STANDIN_ENTER()                             \
  STANDIN_LOCK();                                   \
  if (CUresult refused = standin::checkContext()) { \
    return refused;                                 \
  }                                                 \
  STANDIN_MAY_FAIL()

#define STANDIN_STREAM(handle)                                  \
  standin::Stream* stream = nullptr;                            \
  if (CUresult refused = standin::findStream(handle, stream)) { \
    return refused;                                             \
  }
