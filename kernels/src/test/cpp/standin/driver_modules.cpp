// Modules, functions and launches. A module's image is only looked at: the kernels are those compiled into this
// library.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <vector>

#include "driver.hpp"

using namespace standin;

namespace {

// A fatbin, a cubin, or PTX (which the stand-in for NVRTC writes too).
bool looksLikeImage(const void* image) {
  const unsigned char* bytes = static_cast<const unsigned char*>(image);
  static const unsigned char FATBIN[] = {0x50, 0xED, 0x55, 0xBA};
  static const unsigned char ELF[] = {0x7F, 'E', 'L', 'F'};
  return image && (memcmp(bytes, FATBIN, 4) == 0 || memcmp(bytes, ELF, 4) == 0 || memcmp(bytes, "//", 2) == 0 ||
                   memcmp(bytes, ".version", 8) == 0);
}

CUresult load(CUmodule* module, const void* image) {
  if (!looksLikeImage(image)) {
    return report({CU_INVALID_IMAGE, "the image is neither a fatbin, nor a cubin, nor PTX"});
  }
  *module = new CUmod_st;
  driver().modules.insert(*module);
  return CU_OK;
}

constexpr int MAX_DYNAMIC_SHARED_SIZE = 8;

bool known(CUfunction function) {
  for (CUmodule module : driver().modules) {
    for (const auto& each : module->functions) {
      if (each.second.get() == function) {
        return true;
      }
    }
  }
  return false;
}

// How many blocks fit a multiprocessor at once, by threads, registers and dynamic shared memory.
int blocksPerMultiprocessor(const KernelEntry& kernel, int threads, size_t sharedBytes) {
  if (threads < 1 || threads > MAX_BLOCK_THREADS) {
    return 0;
  }
  const int rounded = (threads + 31) / 32 * 32;
  const int registers = ((int)kernel.registers + 7) / 8 * 8;
  const int byShared = MULTIPROCESSOR_SHARED / (int)(sharedBytes + RESERVED_SHARED_BYTES);
  return std::min({32, MULTIPROCESSOR_THREADS / rounded, MULTIPROCESSOR_REGISTERS / (rounded * registers), byShared});
}

struct Dimensions {
  Index grid;
  Index block;
};

Failure checkDimensions(const CUfunc_st& function, const Dimensions& d, unsigned sharedBytes, bool cooperative) {
  const KernelEntry& kernel = *function.kernel;
  const unsigned long long threads = (unsigned long long)d.block.x * d.block.y * d.block.z;
  if (d.grid.x == 0 || d.grid.y == 0 || d.grid.z == 0 || threads == 0) {
    return {CU_INVALID_VALUE, format("%s: an empty grid or block", kernel.name)};
  }
  if (d.grid.x > 2147483647u || d.grid.y > 65535 || d.grid.z > 65535) {
    return {CU_INVALID_VALUE,
            format("%s: a grid of %u x %u x %u is too large", kernel.name, d.grid.x, d.grid.y, d.grid.z)};
  }
  if (threads > kernel.maxThreads) {
    return {CU_INVALID_VALUE,
            format("%s: a block of %llu threads; the kernel allows %u", kernel.name, threads, kernel.maxThreads)};
  }
  if (sharedBytes > function.dynamicLimit) {
    return {CU_INVALID_VALUE, format("%s: %u bytes of dynamic shared memory; %zu were asked for beforehand",
                                     kernel.name, sharedBytes, function.dynamicLimit)};
  }
  const unsigned long long blocks = (unsigned long long)d.grid.x * d.grid.y * d.grid.z;
  const unsigned long long resident =
      (unsigned long long)multiprocessors() * blocksPerMultiprocessor(kernel, (int)threads, sharedBytes);
  if (cooperative && blocks > resident) {
    return {CU_COOPERATIVE_LAUNCH_TOO_LARGE,
            format("%s: %llu blocks, at most %llu can run at once", kernel.name, blocks, resident)};
  }
  return {};
}

// The struct's bytes, from either of the two ways in which the driver takes parameters.
Failure argumentBytes(const KernelEntry& kernel, void** parameters, void** extra, const void*& bytes) {
  bytes = nullptr;
  if (parameters) {
    bytes = parameters[0];
  } else if (extra) {
    size_t size = kernel.argumentBytes;
    for (int k = 0; extra[k] != reinterpret_cast<void*>((size_t)CU_PARAM_END); k += 2) {
      if ((size_t)extra[k] == CU_PARAM_BUFFER_POINTER) {
        bytes = extra[k + 1];
      } else if ((size_t)extra[k] == CU_PARAM_BUFFER_SIZE) {
        size = *static_cast<size_t*>(extra[k + 1]);
      } else {
        return {CU_INVALID_VALUE, format("%s: unknown launch option", kernel.name)};
      }
    }
    if (size != kernel.argumentBytes) {
      return {CU_INVALID_VALUE,
              format("%s: %zu bytes of arguments, it takes %zu", kernel.name, size, kernel.argumentBytes)};
    }
  }
  return bytes ? Failure{} : Failure{CU_INVALID_VALUE, format("%s: no arguments", kernel.name)};
}

CUresult launch(CUfunction function, const Dimensions& d, unsigned sharedBytes, CUstream handle, void** parameters,
                void** extra, bool cooperative) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (!known(function)) {
    return CU_INVALID_HANDLE;
  }
  const KernelEntry& kernel = *function->kernel;
  if (CUresult code = report(checkDimensions(*function, d, sharedBytes, cooperative))) {
    return code;
  }
  const void* bytes;
  if (CUresult code = report(argumentBytes(kernel, parameters, extra, bytes))) {
    return code;
  }
  const char* first = static_cast<const char*>(bytes);
  // As 16-byte units, so that the struct is aligned for every field.
  std::vector<uint4> copy((kernel.argumentBytes + sizeof(uint4) - 1) / sizeof(uint4));
  memcpy(copy.data(), first, kernel.argumentBytes);
  return report(driver().streams.enqueue(stream, [&kernel, d, sharedBytes, cooperative, copy] {
    Launch run;
    run.kernel = &kernel;
    run.arguments = copy.data();
    run.grid = d.grid;
    run.block = d.block;
    run.dynamicBytes = sharedBytes;
    run.cooperative = cooperative;
    return runKernel(run);
  }));
}

}  // namespace

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  STANDIN_ENTER();
  return load(module, image);
}

CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, int*, void**) {
  return cuModuleLoadData(module, image);
}

CUresult cuModuleLoadFatBinary(CUmodule* module, const void* image) { return cuModuleLoadData(module, image); }

CUresult cuModuleLoad(CUmodule* module, const char* path) {
  STANDIN_ENTER();
  unsigned char start[16] = {};
  FILE* file = fopen(path, "rb");
  if (!file) {
    return CU_FILE_NOT_FOUND;
  }
  const size_t read = fread(start, 1, sizeof start, file);
  fclose(file);
  return load(module, read > 0 ? start : nullptr);
}

CUresult cuModuleUnload(CUmodule module) {
  STANDIN_LOCK();
  if (driver().modules.erase(module) == 0) {
    return CU_INVALID_HANDLE;
  }
  delete module;
  return CU_OK;
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  STANDIN_ENTER();
  if (!driver().modules.count(module)) {
    return CU_INVALID_HANDLE;
  }
  const KernelEntry* kernel = findKernel(name);
  if (!kernel) {
    return report({CU_NOT_FOUND, format("no kernel is called %s", name)});
  }
  std::unique_ptr<CUfunc_st>& slot = module->functions[name];
  if (!slot) {
    slot.reset(new CUfunc_st{kernel, module});
  }
  *function = slot.get();
  return CU_OK;
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr*, size_t*, CUmodule, const char* name) {
  STANDIN_ENTER();
  return report({CU_NOT_FOUND, format("no global is called %s", name)});
}

CUresult cuModuleGetLoadingMode(int* mode) {
  *mode = 1;  // eager
  return CU_OK;
}

CUresult cuFuncGetModule(CUmodule* module, CUfunction function) {
  STANDIN_ENTER();
  *module = known(function) ? function->module : nullptr;
  return *module ? CU_OK : CU_INVALID_HANDLE;
}

// MAX_THREADS_PER_BLOCK (0), NUM_REGS (4), MAX_DYNAMIC_SHARED_SIZE_BYTES (8); the rest is 0.
CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  STANDIN_ENTER();
  if (!known(function)) {
    return CU_INVALID_HANDLE;
  }
  const std::map<int, int> values = {{0, (int)function->kernel->maxThreads},
                                     {4, (int)function->kernel->registers},
                                     {MAX_DYNAMIC_SHARED_SIZE, (int)function->dynamicLimit}};
  const auto found = values.find(attribute);
  *value = found == values.end() ? 0 : found->second;
  return CU_OK;
}

CUresult cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  STANDIN_ENTER();
  if (!known(function)) {
    return CU_INVALID_HANDLE;
  }
  if (attribute == MAX_DYNAMIC_SHARED_SIZE) {
    if (value < 0 || (size_t)value > MAX_SHARED_BYTES) {
      return report({CU_INVALID_VALUE, format("%s: %d bytes of dynamic shared memory; %zu is the limit",
                                              function->kernel->name, value, MAX_SHARED_BYTES)});
    }
    function->dynamicLimit = (size_t)value;
  }
  return CU_OK;
}

CUresult cuFuncSetCacheConfig(CUfunction function, int) {
  STANDIN_ENTER();
  return known(function) ? CU_OK : CU_INVALID_HANDLE;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads, size_t shared) {
  STANDIN_ENTER();
  if (!known(function)) {
    return CU_INVALID_HANDLE;
  }
  *blocks = blocksPerMultiprocessor(*function->kernel, threads, shared);
  return CU_OK;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, CUfunction function, int threads,
                                                              size_t shared, unsigned) {
  return cuOccupancyMaxActiveBlocksPerMultiprocessor(blocks, function, threads, shared);
}

CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                        unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream, void** parameters,
                        void** extra) {
  return launch(function, {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}}, sharedBytes, stream, parameters, extra,
                false);
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,
                                   unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream,
                                   void** parameters) {
  return launch(function, {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}}, sharedBytes, stream, parameters, nullptr,
                true);
}

CUresult sluiceStandInEnqueue(CUstream handle, const char* name, void (*run)(const void* data), const void* data,
                              size_t bytes) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  std::vector<uint4> copy((bytes + sizeof(uint4) - 1) / sizeof(uint4));
  memcpy(copy.data(), data, bytes);
  return report(
      driver().streams.enqueue(stream, [name, run, copy] { return runGuarded(name, [&] { run(copy.data()); }); }));
}

CUresult cuProfilerStart(void) { return CU_OK; }

CUresult cuProfilerStop(void) { return CU_OK; }
