// The equations of the cells for one unit of one sequence, in fp32: what every kernel of a cell computes.
#pragma once
#include "numbers.cuh"

// Pre-activations, activated gates or gradients.
struct LstmGates {
  float i;
  float f;
  float g;
  float o;
};

// Activates the gates, makes c' of c, and returns h'.
//   c' = f * c + i * g   h' = o * tanh(c')
__device__ inline float lstmUnit(LstmGates& x, float& c) {
  x.i = sigmoid(x.i);
  x.f = sigmoid(x.f);
  x.g = tanhf(x.g);
  x.o = sigmoid(x.o);
  c = x.f * c + x.i * x.g;
  return x.o * tanhf(c);
}

// From the activated gates, c before and after the step, and the gradients dh and dc after it: makes x the gradients
// of the pre-activations, and dc that of c before the step.
//   dc += dh * o * (1 - tanh(c')^2)
//   di = dc * g * i(1-i)   df = dc * c * f(1-f)   dg = dc * i * (1-g^2)   do = dh * tanh(c') * o(1-o)
//   dc before = dc * f
__device__ inline void lstmUnitBackward(LstmGates& x, float before, float after, float dh, float& dc) {
  const float squashed = tanhf(after);
  const float gradient = dc + dh * x.o * (1 - squashed * squashed);
  const float input = x.i;
  dc = gradient * x.f;
  x.i = gradient * x.g * input * (1 - input);
  x.f = gradient * before * x.f * (1 - x.f);
  x.g = gradient * input * (1 - x.g * x.g);
  x.o = dh * squashed * x.o * (1 - x.o);
}

struct GruGates {
  float r;
  float z;
  float n;
};

// Reset gate after the recurrent product, q = Rn h + dn: activates the gates and returns h'.
//   n = tanh(x_n + r * q)   h' = (1 - z) * n + z * h
__device__ inline float gruUnit(GruGates& x, float q, float h) {
  x.r = sigmoid(x.r);
  x.z = sigmoid(x.z);
  x.n = tanhf(x.n + x.r * q);
  return (1 - x.z) * x.n + x.z * h;
}

// From the activated gates, q, h before the step and dh after it: makes x the gradients on the input's side and q its
// own gradient, and returns what of dh goes to h before the step past the products.
//   dn = dh (1-z)(1-n^2)   dz = dh (h - n) z(1-z)   dr = dn q r(1-r)   dq = dn r
__device__ inline float gruUnitBackward(GruGates& x, float& q, float before, float dh) {
  const float reset = x.r;
  const float update = x.z;
  const float dn = dh * (1 - update) * (1 - x.n * x.n);
  x.z = dh * (before - x.n) * update * (1 - update);
  x.r = dn * q * reset * (1 - reset);
  q = dn * reset;
  x.n = dn;
  return dh * update;
}
