// Device memory: host memory with fences.
//
// Each allocation has pages of its own and ends (but for at most 15 bytes) where the next, closed page begins, so that
// a read or write behind it stops the kernel at once. The room before it, down to its first page, is filled with known
// bytes and checked after each kernel that was given a pointer to it; below lies a closed page again. Freed memory is
// closed and its addresses are not used again. New memory holds NaN, in fp32 and in bf16.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "failure.hpp"

namespace standin {

// Fills memory with a pattern that is NaN in fp32 and bf16, and a large number as an int.
void poison(void* memory, size_t bytes);

// Bytes that the device has (SLUICE_STANDIN_MEMORY, 8 GiB unless set), and that can still be allocated.
size_t totalMemory();
size_t freeMemory();

// Null when it does not fit.
void* allocateMemory(size_t bytes);

// Fails when `pointer` is not the start of an allocation, or its fence was overwritten.
Failure freeMemory(void* pointer);

// The allocation that holds [pointer, pointer + bytes); false when no single one does.
bool findAllocation(const void* pointer, size_t bytes, void*& base, size_t& size);

// Checks the fences of all allocations that the words in a kernel's arguments point to.
Failure checkFences(const void* arguments, size_t bytes);

// "4 bytes behind an allocation of 64 bytes", "inside an allocation of 64 bytes that was freed", ...
std::string describeAddress(uintptr_t address);

// Forgets and frees everything.
void resetMemory();

}  // namespace standin
