// The argument struct of the probes.
#pragma once

struct Probe {
  float* data;
  unsigned* counter;
  int count;
};
