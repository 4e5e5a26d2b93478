// Where arguments.cuh lies, for the test that reads it.
#pragma once
#include <string>

extern std::string registryPath;
