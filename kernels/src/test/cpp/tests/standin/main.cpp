// Tests of the stand-in driver itself.
#include "../check.hpp"

int main() { return runTests("stand-in"); }
