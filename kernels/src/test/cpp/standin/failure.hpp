// A call that failed: the driver's error code, and what exactly was wrong.
#pragma once
#include <string>

namespace standin {

struct Failure {
  int code = 0;
  std::string message;

  explicit operator bool() const { return code != 0; }
};

// printf into a string.
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

}  // namespace standin
