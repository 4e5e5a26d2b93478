// Device arrays and launches for the tests, over the driver API: the stand-in's, or a real one.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "check.hpp"
#include "driver_api.h"

// Opens the first device and loads the image; exits with a message when that fails.
void openDevice(const char* imagePath);

// Fails the test, and ends the program, when a driver call did.
void must(CUresult result, const char* call);

bool hasKernel(const std::string& kernel);

// Launches a kernel by name with its argument struct, 256 threads a block.
void launchBytes(const std::string& kernel, long long gridX, long long gridY, const void* arguments,
                 size_t sharedBytes = 0);

// Shared memory that one block may have on this device.
size_t sharedBytesOfBlock();

template <typename Arguments>
void launch(const std::string& kernel, long long gridX, const Arguments& arguments, long long gridY = 1) {
  Arguments padded = arguments;
  launchBytes(kernel, gridX, gridY, &padded);
}

// Launches a kernel whose blocks wait for one another, with dynamic shared memory.
void launchBytesTogether(const std::string& kernel, long long gridX, long long gridY, long long sharedBytes,
                         const void* arguments);

template <typename Arguments>
void launchTogether(const std::string& kernel, long long gridX, long long gridY, long long sharedBytes,
                    const Arguments& arguments) {
  Arguments padded = arguments;
  launchBytesTogether(kernel, gridX, gridY, sharedBytes, &padded);
}

// With dynamic shared memory.
template <typename Arguments>
void launchWithShared(const std::string& kernel, long long gridX, size_t sharedBytes, const Arguments& arguments) {
  Arguments padded = arguments;
  launchBytes(kernel, gridX, 1, &padded, sharedBytes);
}

inline long long cdiv(long long a, long long b) { return (a + b - 1) / b; }

double roundTo(bool half, double value);

std::mt19937& randomness();

double uniformNumber(double low, double high);

// An array of float or bf16 (`half`) on the device. Its memory holds exactly this many elements, and begins `shift`
// elements into its allocation, so that shift 1 makes it unaligned; it holds NaN until it is set.
class Array {
 public:
  Array() = default;  // none: a null pointer
  Array(bool half, size_t count, int shift = 0);
  static Array random(bool half, size_t count, double scale = 1, int shift = 0);
  static Array of(bool half, const std::vector<double>& values, int shift = 0);
  static Array zeros(bool half, size_t count, int shift = 0);

  // The numbers that were uploaded, as the device has them (rounded).
  const std::vector<double>& host() const { return host_; }
  void set(const std::vector<double>& values);
  std::vector<double> download() const;
  std::vector<uint16_t> downloadBits16() const;

  void* data() const;
  float* floats() const { return static_cast<float*>(data()); }
  bool present() const { return memory_ != nullptr; }

 private:
  struct Memory;
  bool half_ = false;
  size_t count_ = 0;
  int shift_ = 0;
  std::vector<double> host_;
  std::shared_ptr<Memory> memory_;
};

// An array of ints, or of anything plain.
template <typename Item>
class Items {
 public:
  Items() = default;
  explicit Items(const std::vector<Item>& values);
  std::vector<Item> download() const;
  Item* data() const { return data_.get(); }

 private:
  size_t count_ = 0;
  std::shared_ptr<Item> data_;
};

template <typename Item>
Items<Item>::Items(const std::vector<Item>& values) : count_(values.size()) {
  CUdeviceptr pointer = 0;
  must(cuMemAlloc_v2(&pointer, values.size() * sizeof(Item)), "cuMemAlloc");
  must(cuMemcpyHtoD_v2(pointer, values.data(), values.size() * sizeof(Item)), "cuMemcpyHtoD");
  data_ = std::shared_ptr<Item>(reinterpret_cast<Item*>(pointer),
                                [](Item* p) { must(cuMemFree_v2(reinterpret_cast<CUdeviceptr>(p)), "cuMemFree"); });
}

template <typename Item>
std::vector<Item> Items<Item>::download() const {
  std::vector<Item> values(count_);
  must(cuMemcpyDtoH_v2(values.data(), reinterpret_cast<CUdeviceptr>(data_.get()), count_ * sizeof(Item)),
       "cuMemcpyDtoH");
  return values;
}

// What one rounding to storage may cost (half of 2^-7 in bf16, and a little), and what fp32 arithmetic may: for
// close().
inline double relativeError(bool half) { return half ? 0.00391 : 4e-6; }

inline const char* suffix(bool half) { return half ? "_bf16" : "_f32"; }
