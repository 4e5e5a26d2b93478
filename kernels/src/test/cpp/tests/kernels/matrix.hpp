// What the tests of kernels with matrix units share.
#pragma once
#include <cmath>

#include "../gpu.hpp"

// To 10 bits behind the leading one, ties away from zero.
inline double roundToTf32(double value) {
  int exponent;
  const double mantissa = std::frexp(value, &exponent);
  return std::ldexp(std::round(std::ldexp(mantissa, 11)), exponent - 11);
}
