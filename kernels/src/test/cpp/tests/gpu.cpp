#include "gpu.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>

namespace {

CUmodule module = nullptr;

float fromBf16(uint16_t bits) {
  const uint32_t word = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

// To nearest even, by trying both neighbours: not the kernels' way.
uint16_t toBf16(double value) {
  const float single = (float)value;
  uint32_t word;
  memcpy(&word, &single, sizeof word);
  const uint16_t low = (uint16_t)(word >> 16);
  const uint16_t high = (uint16_t)(low + 1);
  if (std::isinf(single)) {
    return low;
  }
  const double below = std::abs(value - fromBf16(low));
  // Behind the largest finite number the next one counts as 2^128.
  const double above = std::isinf(fromBf16(high)) ? 0x1p128 - std::abs(value) : std::abs(value - fromBf16(high));
  return below < above || (below == above && low % 2 == 0) ? low : high;
}

CUfunction functionOf(const std::string& kernel) {
  static std::map<std::string, CUfunction> functions;
  CUfunction& function = functions[kernel];
  if (!function) {
    must(cuModuleGetFunction(&function, module, kernel.c_str()), kernel.c_str());
  }
  return function;
}

constexpr int MAX_DYNAMIC_SHARED_SIZE_BYTES = 8;  // a function's attribute

}  // namespace

void must(CUresult result, const char* call) {
  if (result != CU_OK) {
    const char* text = nullptr;
    cuGetErrorString(result, &text);
    fail("%s: error %d, %s", call, result, text ? text : "unknown");
    fflush(stdout);
    _Exit(1);
  }
}

void openDevice(const char* imagePath) {
  CUdevice device;
  CUcontext context;
  char name[128];
  must(cuInit(0), "cuInit");
  must(cuDeviceGet(&device, 0), "cuDeviceGet");
  must(cuDeviceGetName(name, sizeof name, device), "cuDeviceGetName");
  must(cuDevicePrimaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain");
  must(cuCtxSetCurrent(context), "cuCtxSetCurrent");
  printf("device: %s\n", name);
  if (strcmp(imagePath, "-") == 0) {  // the stand-in has the kernels itself
    must(cuModuleLoadData(&module, "// Sluice stand-in image"), "cuModuleLoadData");
  } else {
    must(cuModuleLoad(&module, imagePath), "cuModuleLoad");
  }
}

bool hasKernel(const std::string& kernel) {
  CUfunction function;
  return cuModuleGetFunction(&function, module, kernel.c_str()) == CU_OK;
}

void launchBytes(const std::string& kernel, long long gridX, long long gridY, const void* arguments,
                 size_t sharedBytes) {
  const CUfunction function = functionOf(kernel);
  must(cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED_SIZE_BYTES, (int)sharedBytes), kernel.c_str());
  void* parameters[] = {const_cast<void*>(arguments)};
  must(cuLaunchKernel(function, (unsigned)gridX, (unsigned)gridY, 1, 256, 1, 1, (unsigned)sharedBytes, nullptr,
                      parameters, nullptr),
       kernel.c_str());
  must(cuCtxSynchronize(), kernel.c_str());
}

void launchBytesTogether(const std::string& kernel, long long gridX, long long gridY, long long sharedBytes,
                         const void* arguments) {
  const CUfunction function = functionOf(kernel);
  must(cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED_SIZE_BYTES, (int)sharedBytes), kernel.c_str());
  void* parameters[] = {const_cast<void*>(arguments)};
  must(cuLaunchCooperativeKernel(function, (unsigned)gridX, (unsigned)gridY, 1, 256, 1, 1, (unsigned)sharedBytes,
                                 nullptr, parameters),
       kernel.c_str());
  must(cuCtxSynchronize(), kernel.c_str());
}

size_t sharedBytesOfBlock() {
  constexpr int MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97;
  int bytes = 0;
  must(cuDeviceGetAttribute(&bytes, MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 0), "cuDeviceGetAttribute");
  return (size_t)bytes;
}

double roundTo(bool half, double value) { return half ? (double)fromBf16(toBf16(value)) : (double)(float)value; }

std::mt19937& randomness() {
  static std::mt19937 generator(20240229);
  return generator;
}

double uniformNumber(double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(randomness());
}

struct Array::Memory {
  CUdeviceptr pointer = 0;
  ~Memory() { must(cuMemFree_v2(pointer), "cuMemFree"); }
};

Array::Array(bool half, size_t count, int shift) : half_(half), count_(count), shift_(shift) {
  memory_ = std::make_shared<Memory>();
  const size_t bytes = (count + shift) * (half ? 2 : 4);
  must(cuMemAlloc_v2(&memory_->pointer, bytes), "cuMemAlloc");
  must(cuMemsetD16_v2(memory_->pointer, 0x7FC1, bytes / 2), "cuMemsetD16");
}

Array Array::of(bool half, const std::vector<double>& values, int shift) {
  Array array(half, values.size(), shift);
  array.set(values);
  return array;
}

Array Array::random(bool half, size_t count, double scale, int shift) {
  std::vector<double> values(count);
  for (double& each : values) {
    each = uniformNumber(-scale, scale);
  }
  return of(half, values, shift);
}

Array Array::zeros(bool half, size_t count, int shift) { return of(half, std::vector<double>(count, 0), shift); }

void Array::set(const std::vector<double>& values) {
  host_.resize(count_);
  for (size_t k = 0; k < count_; k++) {
    host_[k] = roundTo(half_, values[k]);
  }
  if (half_) {
    std::vector<uint16_t> bits(count_);
    for (size_t k = 0; k < count_; k++) {
      bits[k] = toBf16(host_[k]);
    }
    must(cuMemcpyHtoD_v2((CUdeviceptr)data(), bits.data(), count_ * 2), "cuMemcpyHtoD");
  } else {
    std::vector<float> singles(host_.begin(), host_.end());
    must(cuMemcpyHtoD_v2((CUdeviceptr)data(), singles.data(), count_ * 4), "cuMemcpyHtoD");
  }
}

std::vector<uint16_t> Array::downloadBits16() const {
  std::vector<uint16_t> bits(count_);
  must(cuMemcpyDtoH_v2(bits.data(), (CUdeviceptr)data(), count_ * 2), "cuMemcpyDtoH");
  return bits;
}

std::vector<double> Array::download() const {
  std::vector<double> values(count_);
  if (half_) {
    const std::vector<uint16_t> bits = downloadBits16();
    for (size_t k = 0; k < count_; k++) {
      values[k] = fromBf16(bits[k]);
    }
  } else {
    std::vector<float> singles(count_);
    must(cuMemcpyDtoH_v2(singles.data(), (CUdeviceptr)data(), count_ * 4), "cuMemcpyDtoH");
    values.assign(singles.begin(), singles.end());
  }
  return values;
}

void* Array::data() const {
  return memory_ ? reinterpret_cast<void*>(memory_->pointer + (CUdeviceptr)shift_ * (half_ ? 2 : 4)) : nullptr;
}
