// Start, devices and error texts.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.hpp"

using namespace standin;

namespace standin {

Driver& driver() {
  static Driver& instance = *new Driver;  // never destroyed: other threads may run at exit
  return instance;
}

CUcontext& currentContext() {
  static thread_local CUcontext current = nullptr;
  return current;
}

int setting(const char* name, int otherwise) {
  const char* text = getenv(name);
  return text ? atoi(text) : otherwise;
}

int multiprocessors() { return setting("SLUICE_STANDIN_MULTIPROCESSORS", 4); }

int deviceCount() { return setting("SLUICE_STANDIN_DEVICES", 1); }

CUresult orderedFailure(const char* function) {
  const char* text = getenv("SLUICE_STANDIN_FAILURE");
  const size_t length = strlen(function);
  if (!text || strncmp(text, function, length) != 0 || text[length] != ':') {
    return CU_OK;
  }
  char* rest = nullptr;
  const unsigned long long call = strtoull(text + length + 1, &rest, 10);
  return sluiceStandInCalls(function) == call && *rest == ':' ? atoi(rest + 1) : CU_OK;
}

CUresult report(const Failure& failure) {
  if (!failure) {
    return CU_OK;
  }
  driver().messages[failure.code] = failure.message;
  if (failure.code == CU_ILLEGAL_ADDRESS || failure.code == CU_MISALIGNED_ADDRESS || failure.code == CU_LAUNCH_FAILED) {
    driver().sticky = failure;
    fprintf(stderr, "Sluice stand-in: %s\n", failure.message.c_str());
  }
  return failure.code;
}

CUresult checkContext() {
  if (!driver().initialised) {
    return CU_NOT_INITIALIZED;
  }
  if (!currentContext() || !driver().contexts.count(currentContext())) {
    return CU_INVALID_CONTEXT;
  }
  return driver().sticky.code;
}

CUresult findStream(CUstream handle, Stream*& stream) {
  stream = reinterpret_cast<Stream*>(handle);
  if ((size_t)handle <= 2) {
    stream = nullptr;
    return CU_OK;
  }
  return driver().streams.knows(stream) ? CU_OK : CU_INVALID_HANDLE;
}

CUresult checkDevice(CUdevice device) {
  if (!driver().initialised) {
    return CU_NOT_INITIALIZED;
  }
  return device >= 0 && device < deviceCount() ? CU_OK : CU_INVALID_DEVICE;
}

void resetContext() {
  Driver& d = driver();
  d.streams.reset();
  resetMemory();
  d.sticky = Failure{};
}

}  // namespace standin

namespace {

// SLUICE_STANDIN_CAPABILITY: major * 10 + minor.
int capability() { return setting("SLUICE_STANDIN_CAPABILITY", 90); }

struct ErrorText {
  int code;
  const char* name;
  const char* text;
};

const ErrorText ERRORS[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {301, "CUDA_ERROR_FILE_NOT_FOUND", "file not found"},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {401, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {712, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", "part or all of the requested memory range is already mapped"},
    {713, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", "pointer does not correspond to a registered memory region"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {720, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE", "too many blocks in cooperative launch"},
    {801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {902, "CUDA_ERROR_STREAM_CAPTURE_MERGE", "operation would result in a merge of separate capture sequences"},
    {903, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
    {904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
    {905, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"},
};

const ErrorText* find(CUresult code) {
  for (const ErrorText& each : ERRORS) {
    if (each.code == code) {
      return &each;
    }
  }
  return nullptr;
}

}  // namespace

CUresult cuInit(unsigned) {
  STANDIN_LOCK();
  if (deviceCount() == 0) {
    return CU_NO_DEVICE;
  }
  driver().initialised = true;
  return CU_OK;
}

unsigned long long sluiceStandInCalls(const char* function) {
  const std::lock_guard<std::recursive_mutex> lock(driver().mutex);
  unsigned long long count = 0;
  for (const auto& each : driver().calls) {
    count += strcmp(each.first, function) == 0 ? each.second : 0;
  }
  return count;
}

unsigned long long sluiceStandInLive(void) {
  const std::lock_guard<std::recursive_mutex> lock(driver().mutex);
  unsigned long long count = driver().streams.count() + driver().handles;
  for (const auto& each : driver().retained) {
    count += each.second;
  }
  count += driver().modules.size() + driver().events.size() + driver().graphs.size() + driver().executables.size();
  return count + driver().pinned.size();
}

CUresult sluiceStandInBlas(const char* function, int handles) {
  const std::lock_guard<std::recursive_mutex> lock(driver().mutex);
  driver().calls[function]++;
  const CUresult ordered = orderedFailure(function);
  driver().handles += ordered == CU_OK ? handles : 0;
  return ordered;
}

// SLUICE_STANDIN_DRIVER: 1000 * major + 10 * minor.
CUresult cuDriverGetVersion(int* version) {
  *version = setting("SLUICE_STANDIN_DRIVER", 13000);
  return CU_OK;
}

CUresult cuGetErrorName(CUresult error, const char** name) {
  const ErrorText* found = find(error);
  *name = found ? found->name : nullptr;
  return found ? CU_OK : CU_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char** text) {
  STANDIN_LOCK();
  const ErrorText* found = find(error);
  if (!found) {
    *text = nullptr;
    return CU_INVALID_VALUE;
  }
  *text = found->text;
  const auto message = driver().messages.find(error);
  if (message != driver().messages.end() && !message->second.empty()) {
    static std::map<int, std::string> texts;
    texts[error] = std::string(found->text) + ": " + message->second;
    *text = texts[error].c_str();
  }
  return CU_OK;
}

CUresult cuDeviceGetCount(int* count) {
  STANDIN_LOCK();
  if (!driver().initialised) {
    return CU_NOT_INITIALIZED;
  }
  *count = deviceCount();
  return CU_OK;
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  STANDIN_LOCK();
  *device = ordinal;
  return checkDevice(ordinal);
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  STANDIN_LOCK();
  snprintf(name, (size_t)length, "Sluice stand-in (no GPU)");
  return checkDevice(device);
}

CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  STANDIN_LOCK();
  static const std::map<int, int> values = {
      {1, MAX_BLOCK_THREADS},        // MAX_THREADS_PER_BLOCK
      {2, 1024},                     // MAX_BLOCK_DIM_X
      {3, 1024},                     // MAX_BLOCK_DIM_Y
      {4, 64},                       // MAX_BLOCK_DIM_Z
      {5, 2147483647},               // MAX_GRID_DIM_X
      {6, 65535},                    // MAX_GRID_DIM_Y
      {7, 65535},                    // MAX_GRID_DIM_Z
      {8, (int)SHARED_BYTES},        // MAX_SHARED_MEMORY_PER_BLOCK
      {9, 65536},                    // TOTAL_CONSTANT_MEMORY
      {10, 32},                      // WARP_SIZE
      {11, 2147483647},              // MAX_PITCH
      {12, 65536},                   // MAX_REGISTERS_PER_BLOCK
      {13, 1000000},                 // CLOCK_RATE
      {14, 512},                     // TEXTURE_ALIGNMENT
      {15, 1},                       // GPU_OVERLAP
      {17, 0},                       // KERNEL_EXEC_TIMEOUT
      {18, 0},                       // INTEGRATED
      {19, 1},                       // CAN_MAP_HOST_MEMORY
      {20, 0},                       // COMPUTE_MODE
      {31, 1},                       // CONCURRENT_KERNELS
      {32, 0},                       // ECC_ENABLED
      {33, 0},                       // PCI_BUS_ID
      {34, 0},                       // PCI_DEVICE_ID
      {36, 1000000},                 // MEMORY_CLOCK_RATE
      {37, 64},                      // GLOBAL_MEMORY_BUS_WIDTH
      {38, 1 << 20},                 // L2_CACHE_SIZE
      {39, MULTIPROCESSOR_THREADS},  // MAX_THREADS_PER_MULTIPROCESSOR
      {40, 1},                       // ASYNC_ENGINE_COUNT
      {41, 1},                       // UNIFIED_ADDRESSING
      {50, 0},                       // PCI_DOMAIN_ID
      {78, 1},                       // STREAM_PRIORITIES_SUPPORTED
      {81, MULTIPROCESSOR_SHARED},   // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
      {82, 65536},                   // MAX_REGISTERS_PER_MULTIPROCESSOR
      {83, 0},                       // MANAGED_MEMORY
      {95, 1},                       // COOPERATIVE_LAUNCH
      {97, (int)MAX_SHARED_BYTES},   // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
      {106, 32},                     // MAX_BLOCKS_PER_MULTIPROCESSOR
      {115, 1},                      // MEMORY_POOLS_SUPPORTED
  };
  if (CUresult refused = checkDevice(device)) {
    return refused;
  }
  if (attribute == 75 || attribute == 76) {  // COMPUTE_CAPABILITY_MAJOR, MINOR
    *value = attribute == 75 ? capability() / 10 : capability() % 10;
    return CU_OK;
  }
  if (attribute == 16) {  // MULTIPROCESSOR_COUNT
    *value = multiprocessors();
    return CU_OK;
  }
  const auto found = values.find(attribute);
  if (found == values.end()) {
    return CU_INVALID_VALUE;
  }
  *value = found->second;
  return CU_OK;
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  STANDIN_LOCK();
  *bytes = totalMemory();
  return checkDevice(device);
}

CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) {
  STANDIN_LOCK();
  memset(uuid, 0, sizeof *uuid);
  uuid->bytes[15] = (char)device;
  return checkDevice(device);
}

CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
  STANDIN_LOCK();
  snprintf(id, (size_t)length, "0000:00:%02x.0", (unsigned)device & 0xff);
  return checkDevice(device);
}

CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
  STANDIN_LOCK();
  *major = capability() / 10;
  *minor = capability() % 10;
  return checkDevice(device);
}
