// A context of the stand-in's driver for one test, and launches of its probes.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "../check.hpp"
#include "driver_api.h"
#include "probes.hpp"

// Opens the device; closing resets it, faults included.
class Session {
 public:
  Session() {
    cuInit(0);
    cuDevicePrimaryCtxRetain(&context_, 0);
    cuCtxSetCurrent(context_);
    cuModuleLoadData(&module_, "// Sluice stand-in image");
  }
  ~Session() {
    cuModuleUnload(module_);
    cuDevicePrimaryCtxRelease_v2(0);
  }

  CUdeviceptr allocate(size_t bytes) {
    CUdeviceptr pointer = 0;
    check(cuMemAlloc_v2(&pointer, bytes) == CU_OK, "cuMemAlloc");
    return pointer;
  }

  CUdeviceptr floats(const std::vector<float>& values) {
    const CUdeviceptr pointer = allocate(values.size() * sizeof(float));
    cuMemcpyHtoD_v2(pointer, values.data(), values.size() * sizeof(float));
    return pointer;
  }

  std::vector<float> download(CUdeviceptr pointer, size_t count) {
    std::vector<float> values(count, -1);
    check(cuMemcpyDtoH_v2(values.data(), pointer, count * sizeof(float)) == CU_OK, "cuMemcpyDtoH");
    return values;
  }

  CUfunction function(const char* name) {
    CUfunction function = nullptr;
    check(cuModuleGetFunction(&function, module_, name) == CU_OK, name);
    return function;
  }

  CUresult launch(const char* name, CUdeviceptr data, int count, CUstream stream = nullptr, unsigned threads = 256,
                  CUdeviceptr counter = 0) {
    Probe probe{reinterpret_cast<float*>(data), reinterpret_cast<unsigned*>(counter), count};
    void* parameters[] = {&probe};
    return cuLaunchKernel(function(name), 1, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr);
  }

  CUstream stream(unsigned flags = CU_NON_BLOCKING) {
    CUstream stream = nullptr;
    check(cuStreamCreate(&stream, flags) == CU_OK, "cuStreamCreate");
    return stream;
  }

  CUevent event() {
    CUevent event = nullptr;
    check(cuEventCreate(&event, 0) == CU_OK, "cuEventCreate");
    return event;
  }

 private:
  CUcontext context_ = nullptr;
  CUmodule module_ = nullptr;
};

// The last message of an error code holds these words.
inline void expectMessage(CUresult code, const char* words) {
  const char* text = nullptr;
  cuGetErrorString(code, &text);
  if (!text || !strstr(text, words)) {
    fail("the message of error %d lacks \"%s\": %s", code, words, text ? text : "none");
  }
}

inline void expectCode(CUresult got, CUresult want) {
  if (got != want) {
    fail("error %d, not %d", got, want);
  }
}
