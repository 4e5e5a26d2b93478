// The folder of arguments.cuh, for the test that reads it.
#pragma once
#include <string>

extern std::string registryPath;
