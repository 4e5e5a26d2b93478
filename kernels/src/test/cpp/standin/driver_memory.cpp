// Allocation, copies and fills.
#include <cstdlib>
#include <cstring>

#include "driver.hpp"

using namespace standin;

namespace {

const void* hostView(CUdeviceptr pointer) { return reinterpret_cast<const void*>(pointer); }

void* hostView(CUdeviceptr pointer, int) { return reinterpret_cast<void*>(pointer); }

Failure refused(const char* call) { return driver().streams.refuseDuringCapture(call); }

bool isPinned(const void* pointer, size_t bytes) {
  char* address = static_cast<char*>(const_cast<void*>(pointer));
  auto after = driver().pinned.upper_bound(address);
  if (after == driver().pinned.begin()) {
    return false;
  }
  const auto& [start, size] = *std::prev(after);
  return address >= start && address + bytes <= start + size;
}

// A range of device memory must lie in one live allocation (or be pinned host memory, which the device sees too).
Failure checkRange(const char* what, CUdeviceptr pointer, size_t bytes) {
  void* base;
  size_t size;
  if (bytes == 0 || findAllocation(hostView(pointer), bytes, base, size) || isPinned(hostView(pointer), bytes)) {
    return {};
  }
  return {CU_INVALID_VALUE, format("%s: %zu bytes from %p do not lie in one allocation; they begin %s", what, bytes,
                                   hostView(pointer), describeAddress(pointer).c_str())};
}

// As a piece of work in a stream: the ranges are checked when it is enqueued and again when it runs.
Work copyWork(const char* what, void* target, const void* source, size_t bytes) {
  return [=] { return runGuarded(what, [=] { memcpy(target, source, bytes); }); };
}

CUresult allocate(CUdeviceptr* pointer, size_t bytes) {
  if (bytes == 0) {
    return CU_INVALID_VALUE;
  }
  void* memory = allocateMemory(bytes);
  if (!memory) {
    return report({CU_OUT_OF_MEMORY, format("%zu bytes were asked for, %zu of %zu are free", bytes,
                                            freeMemory(), totalMemory())});
  }
  *pointer = reinterpret_cast<CUdeviceptr>(memory);
  return CU_OK;
}

template <typename Value>
CUresult fill(const char* what, CUdeviceptr target, Value value, size_t count, Stream* stream) {
  if (CUresult refused = report(checkRange(what, target, count * sizeof(Value)))) {
    return refused;
  }
  Value* to = static_cast<Value*>(hostView(target, 0));
  return report(driver().streams.enqueue(stream, [=] {
    return runGuarded(what, [=] {
      for (size_t k = 0; k < count; k++) {
        to[k] = value;
      }
    });
  }));
}

}  // namespace

CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  STANDIN_ENTER();
  *total = totalMemory();
  *free = freeMemory();
  return CU_OK;
}

CUresult cuMemAlloc_v2(CUdeviceptr* pointer, size_t bytes) {
  STANDIN_ENTER();
  if (CUresult code = report(refused("cuMemAlloc"))) {
    return code;
  }
  return allocate(pointer, bytes);
}

CUresult cuMemFree_v2(CUdeviceptr pointer) {
  STANDIN_ENTER();
  if (!pointer) {
    return CU_OK;
  }
  if (CUresult code = report(refused("cuMemFree"))) {
    return code;
  }
  if (CUresult code = report(driver().streams.finishAll())) {
    return code;
  }
  return report(freeMemory(hostView(pointer, 0)));
}

CUresult cuMemAllocAsync(CUdeviceptr* pointer, size_t bytes, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (stream && stream->capture) {
    return report({CU_NOT_SUPPORTED, "the stand-in captures no allocations"});
  }
  return allocate(pointer, bytes);
}

CUresult cuMemAllocFromPoolAsync(CUdeviceptr* pointer, size_t bytes, CUmemoryPool pool, CUstream stream) {
  STANDIN_LOCK();
  return driver().pools.count(pool) ? cuMemAllocAsync(pointer, bytes, stream) : CU_INVALID_VALUE;
}

CUresult cuMemFreeAsync(CUdeviceptr pointer, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (stream && stream->capture) {
    return report({CU_NOT_SUPPORTED, "the stand-in captures no allocations"});
  }
  return report(driver().streams.enqueue(stream, [=] { return freeMemory(hostView(pointer, 0)); }));
}

CUresult cuMemPoolCreate(CUmemoryPool* pool, const void*) {
  STANDIN_ENTER();
  *pool = reinterpret_cast<CUmemoryPool>(new char);
  driver().pools.insert(*pool);
  return CU_OK;
}

CUresult cuMemPoolDestroy(CUmemoryPool pool) {
  STANDIN_ENTER();
  if (driver().pools.erase(pool) == 0) {
    return CU_INVALID_VALUE;
  }
  delete reinterpret_cast<char*>(pool);
  return CU_OK;
}

CUresult cuMemPoolTrimTo(CUmemoryPool pool, size_t) {
  STANDIN_ENTER();
  return driver().pools.count(pool) ? CU_OK : CU_INVALID_VALUE;
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr pointer) {
  STANDIN_ENTER();
  void* start;
  size_t size;
  if (!findAllocation(hostView(pointer), 1, start, size)) {
    return CU_NOT_FOUND;
  }
  if (base) {
    *base = reinterpret_cast<CUdeviceptr>(start);
  }
  if (bytes) {
    *bytes = size;
  }
  return CU_OK;
}

CUresult cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  STANDIN_ENTER();
  *pointer = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
  if (!*pointer || bytes == 0) {
    return CU_OUT_OF_MEMORY;
  }
  poison(*pointer, bytes);
  driver().pinned[static_cast<char*>(*pointer)] = bytes;
  return CU_OK;
}

CUresult cuMemAllocHost_v2(void** pointer, size_t bytes) { return cuMemHostAlloc(pointer, bytes, 0); }

CUresult cuMemFreeHost(void* pointer) {
  STANDIN_ENTER();
  if (CUresult code = report(driver().streams.finishAll())) {
    return code;
  }
  if (driver().pinned.erase(static_cast<char*>(pointer)) == 0) {
    return CU_INVALID_VALUE;
  }
  free(pointer);
  return CU_OK;
}

CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* pointer, unsigned) {
  STANDIN_ENTER();
  *device = reinterpret_cast<CUdeviceptr>(pointer);
  return isPinned(pointer, 1) ? CU_OK : CU_INVALID_VALUE;
}

CUresult cuMemHostGetFlags(unsigned* flags, void* pointer) {
  STANDIN_ENTER();
  *flags = 0;
  return isPinned(pointer, 1) ? CU_OK : CU_INVALID_VALUE;
}

CUresult cuMemHostRegister_v2(void* pointer, size_t bytes, unsigned) {
  STANDIN_ENTER();
  return driver().pinned.emplace(static_cast<char*>(pointer), bytes).second ? CU_OK : CU_HOST_MEMORY_ALREADY_REGISTERED;
}

CUresult cuMemHostUnregister(void* pointer) {
  STANDIN_ENTER();
  if (CUresult code = report(driver().streams.finishAll())) {
    return code;
  }
  return driver().pinned.erase(static_cast<char*>(pointer)) ? CU_OK : CU_HOST_MEMORY_NOT_REGISTERED;
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void* source, size_t bytes, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (CUresult code = report(checkRange("cuMemcpyHtoD", target, bytes))) {
    return code;
  }
  void* to = hostView(target, 0);
  if (isPinned(source, bytes) || (stream && stream->capture)) {  // read when the copy runs
    return report(driver().streams.enqueue(stream, copyWork("cuMemcpyHtoD", to, source, bytes)));
  }
  const char* first = static_cast<const char*>(source);  // pageable: read before the call returns
  auto staged = std::make_shared<std::vector<char>>(first, first + bytes);
  return report(driver().streams.enqueue(
      stream, [=] { return runGuarded("cuMemcpyHtoD", [&] { memcpy(to, staged->data(), bytes); }); }));
}

CUresult cuMemcpyDtoHAsync_v2(void* target, CUdeviceptr source, size_t bytes, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (CUresult code = report(checkRange("cuMemcpyDtoH", source, bytes))) {
    return code;
  }
  const bool capturing = stream && stream->capture;
  if (CUresult code =
          report(driver().streams.enqueue(stream, copyWork("cuMemcpyDtoH", target, hostView(source), bytes)))) {
    return code;
  }
  // Pageable memory: the copy is complete when the call returns.
  return isPinned(target, bytes) || capturing ? CU_OK : report(driver().streams.finish(stream));
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  if (CUresult code = report(checkRange("cuMemcpyDtoD", target, bytes))) {
    return code;
  }
  if (CUresult code = report(checkRange("cuMemcpyDtoD", source, bytes))) {
    return code;
  }
  return report(
      driver().streams.enqueue(stream, copyWork("cuMemcpyDtoD", hostView(target, 0), hostView(source), bytes)));
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr target, const void* source, size_t bytes) {
  return cuMemcpyHtoDAsync_v2(target, source, bytes, nullptr);
}

CUresult cuMemcpyDtoH_v2(void* target, CUdeviceptr source, size_t bytes) {
  return cuMemcpyDtoHAsync_v2(target, source, bytes, nullptr);
}

CUresult cuMemcpyDtoD_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes) {
  return cuMemcpyDtoDAsync_v2(target, source, bytes, nullptr);
}

// Unified addressing: either side may be host memory.
CUresult cuMemcpyAsync(CUdeviceptr target, CUdeviceptr source, size_t bytes, CUstream stream) {
  STANDIN_LOCK();
  if (checkRange("cuMemcpy", source, bytes)) {
    return cuMemcpyHtoDAsync_v2(target, hostView(source), bytes, stream);
  }
  if (checkRange("cuMemcpy", target, bytes)) {
    return cuMemcpyDtoHAsync_v2(hostView(target, 0), source, bytes, stream);
  }
  return cuMemcpyDtoDAsync_v2(target, source, bytes, stream);
}

CUresult cuMemcpy(CUdeviceptr target, CUdeviceptr source, size_t bytes) {
  return cuMemcpyAsync(target, source, bytes, nullptr);
}

CUresult cuMemcpy2DAsync_v2(const CUmemcpy2D* copy, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  constexpr int HOST = 1;
  constexpr int DEVICE = 2;
  const CUmemcpy2D c = *copy;
  if ((c.srcMemoryType != HOST && c.srcMemoryType != DEVICE) ||
      (c.dstMemoryType != HOST && c.dstMemoryType != DEVICE)) {
    return CU_NOT_SUPPORTED;
  }
  if (c.height == 0 || c.widthInBytes == 0) {
    return CU_OK;
  }
  const size_t sourceOffset = c.srcY * c.srcPitch + c.srcXInBytes;
  const size_t targetOffset = c.dstY * c.dstPitch + c.dstXInBytes;
  if (c.srcMemoryType == DEVICE) {
    const size_t span = (c.height - 1) * c.srcPitch + c.widthInBytes;
    if (CUresult code = report(checkRange("cuMemcpy2D", c.srcDevice + sourceOffset, span))) {
      return code;
    }
  }
  if (c.dstMemoryType == DEVICE) {
    const size_t span = (c.height - 1) * c.dstPitch + c.widthInBytes;
    if (CUresult code = report(checkRange("cuMemcpy2D", c.dstDevice + targetOffset, span))) {
      return code;
    }
  }
  const char* source =
      static_cast<const char*>(c.srcMemoryType == HOST ? c.srcHost : hostView(c.srcDevice)) + sourceOffset;
  char* target = static_cast<char*>(c.dstMemoryType == HOST ? c.dstHost : hostView(c.dstDevice, 0)) + targetOffset;
  const bool capturing = stream && stream->capture;
  const CUresult code = report(driver().streams.enqueue(stream, [=] {
    return runGuarded("cuMemcpy2D", [=] {
      for (size_t row = 0; row < c.height; row++) {
        memcpy(target + row * c.dstPitch, source + row * c.srcPitch, c.widthInBytes);
      }
    });
  }));
  const bool touchesHost = c.srcMemoryType == HOST || c.dstMemoryType == HOST;
  return code == CU_OK && touchesHost && !capturing ? report(driver().streams.finish(stream)) : code;
}

CUresult cuMemcpy2D_v2(const CUmemcpy2D* copy) { return cuMemcpy2DAsync_v2(copy, nullptr); }

CUresult cuMemsetD8Async(CUdeviceptr target, unsigned char value, size_t count, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  return fill("cuMemsetD8", target, value, count, stream);
}

CUresult cuMemsetD16Async(CUdeviceptr target, unsigned short value, size_t count, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  return fill("cuMemsetD16", target, value, count, stream);
}

CUresult cuMemsetD32Async(CUdeviceptr target, unsigned value, size_t count, CUstream handle) {
  STANDIN_ENTER();
  STANDIN_STREAM(handle);
  return fill("cuMemsetD32", target, value, count, stream);
}

CUresult cuMemsetD8_v2(CUdeviceptr target, unsigned char value, size_t count) {
  return cuMemsetD8Async(target, value, count, nullptr);
}

CUresult cuMemsetD16_v2(CUdeviceptr target, unsigned short value, size_t count) {
  return cuMemsetD16Async(target, value, count, nullptr);
}

CUresult cuMemsetD32_v2(CUdeviceptr target, unsigned value, size_t count) {
  return cuMemsetD32Async(target, value, count, nullptr);
}

// CU_POINTER_ATTRIBUTE_MEMORY_TYPE (2) and DEVICE_POINTER (3).
CUresult cuPointerGetAttribute(void* value, int attribute, CUdeviceptr pointer) {
  STANDIN_ENTER();
  void* base;
  size_t size;
  const bool device = findAllocation(hostView(pointer), 1, base, size);
  if (!device && !isPinned(hostView(pointer), 1)) {
    return CU_INVALID_VALUE;
  }
  if (attribute == 2) {
    *static_cast<unsigned*>(value) = device ? 2 : 1;
    return CU_OK;
  }
  if (attribute == 3) {
    *static_cast<CUdeviceptr*>(value) = pointer;
    return CU_OK;
  }
  return CU_NOT_SUPPORTED;
}
