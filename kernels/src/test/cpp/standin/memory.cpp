#include "memory.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>

namespace standin {

namespace {

constexpr size_t PAGE = 4096;
constexpr size_t GAP = 64 * 1024;  // closed addresses between allocations, at least
constexpr uint32_t POISON = 0x7FC17FC1;
constexpr unsigned char FENCE = 0xC3;

struct Allocation {
  char* pages;       // first open page
  size_t pageBytes;  // open pages
  char* base;        // what the caller got
  size_t bytes;
  bool live;
};

struct Arena {
  char* next;
  char* end;
  size_t allocated = 0;
  std::map<uintptr_t, Allocation> byBase;  // freed ones too, for their description
  size_t freed = 0;

  Arena() {
    void* reserved = MAP_FAILED;
    size_t bytes = 16ull << 40;
    for (; reserved == MAP_FAILED && bytes >= 64ull << 30; bytes /= 4) {
      reserved = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (reserved != MAP_FAILED) {
        break;
      }
    }
    if (reserved == MAP_FAILED) {
      fprintf(stderr, "Sluice stand-in: no address space for device memory\n");
      abort();
    }
    next = static_cast<char*>(reserved);
    end = next + bytes;
  }

  // The allocation that begins at or before the address, and ends before the next one begins.
  Allocation* before(uintptr_t address) {
    auto after = byBase.upper_bound(address);
    return after == byBase.begin() ? nullptr : &std::prev(after)->second;
  }
};

Arena& arena() {
  static Arena& instance = *new Arena;  // never destroyed: other threads may run at exit
  return instance;
}

bool fenceHolds(const Allocation& a) {
  static const std::array<unsigned char, PAGE> expected = [] {
    std::array<unsigned char, PAGE> bytes;
    bytes.fill(FENCE);
    return bytes;
  }();
  const char* behind = a.base + a.bytes;
  return memcmp(a.pages, expected.data(), a.base - a.pages) == 0 &&
         memcmp(behind, expected.data(), a.pages + a.pageBytes - behind) == 0;
}

void closePages(Allocation& a) {
  mprotect(a.pages, a.pageBytes, PROT_NONE);
  madvise(a.pages, a.pageBytes, MADV_DONTNEED);
  a.live = false;
  arena().allocated -= a.bytes;
}

}  // namespace

void poison(void* memory, size_t bytes) {
  char* to = static_cast<char*>(memory);
  size_t k = 0;
  for (; k + sizeof POISON <= bytes; k += sizeof POISON) {
    memcpy(to + k, &POISON, sizeof POISON);
  }
  memcpy(to + k, &POISON, bytes - k);
}

// SLUICE_STANDIN_MEMORY, in bytes; looked up each time, so that a test can make the device smaller.
size_t totalMemory() {
  const char* text = getenv("SLUICE_STANDIN_MEMORY");
  return text ? strtoull(text, nullptr, 10) : 8ull << 30;
}

size_t freeMemory() {
  const size_t allocated = arena().allocated;
  const size_t total = totalMemory();
  return total > allocated ? total - allocated : 0;
}

void* allocateMemory(size_t bytes) {
  Arena& a = arena();
  const size_t pageBytes = (bytes + PAGE - 1) / PAGE * PAGE;
  const size_t step = PAGE + pageBytes + (pageBytes > GAP ? pageBytes : GAP);
  if (bytes > freeMemory() || step > (size_t)(a.end - a.next)) {
    return nullptr;
  }
  char* pages = a.next + PAGE;
  if (mprotect(pages, pageBytes, PROT_READ | PROT_WRITE) != 0) {
    return nullptr;
  }
  a.next += step;
  char* base = pages + pageBytes - (bytes + 15) / 16 * 16;
  memset(pages, FENCE, base - pages);
  poison(base, bytes);
  memset(base + bytes, FENCE, pages + pageBytes - (base + bytes));
  a.allocated += bytes;
  a.byBase[(uintptr_t)base] = Allocation{pages, pageBytes, base, bytes, true};
  return base;
}

Failure freeMemory(void* pointer) {
  Arena& a = arena();
  const auto found = a.byBase.find((uintptr_t)pointer);
  if (found == a.byBase.end() || !found->second.live) {
    return {1, format("%p is not the start of an allocation", pointer)};
  }
  Allocation& allocation = found->second;
  const bool whole = fenceHolds(allocation);
  const size_t bytes = allocation.bytes;
  closePages(allocation);
  if (++a.freed > 100000) {  // descriptions of the oldest are not worth their memory
    for (auto each = a.byBase.begin(); each != a.byBase.end();) {
      each = each->second.live ? std::next(each) : a.byBase.erase(each);
    }
    a.freed = 0;
  }
  if (!whole) {
    return {700, format("something wrote just outside an allocation of %zu bytes before it was freed", bytes)};
  }
  return {};
}

bool findAllocation(const void* pointer, size_t bytes, void*& base, size_t& size) {
  const uintptr_t address = (uintptr_t)pointer;
  const Allocation* a = arena().before(address);
  if (!a || !a->live || address + bytes > (uintptr_t)a->base + a->bytes || address + bytes < address) {
    return false;
  }
  base = a->base;
  size = a->bytes;
  return true;
}

Failure checkFences(const void* arguments, size_t bytes) {
  for (size_t k = 0; k + sizeof(uintptr_t) <= bytes; k += sizeof(uintptr_t)) {
    uintptr_t word;
    memcpy(&word, static_cast<const char*>(arguments) + k, sizeof word);
    const Allocation* a = arena().before(word);
    if (a && a->live && word <= (uintptr_t)a->base + a->bytes && !fenceHolds(*a)) {
      return {700, format("wrote just outside an allocation of %zu bytes", a->bytes)};
    }
  }
  return {};
}

std::string describeAddress(uintptr_t address) {
  const Allocation* a = arena().before(address);
  if (!a) {
    auto first = arena().byBase.upper_bound(address);
    if (first != arena().byBase.end() && (uintptr_t)first->second.base - address < GAP) {
      return format("%zu bytes before an allocation of %zu bytes", (uintptr_t)first->second.base - address,
                    first->second.bytes);
    }
    return "far from any allocation";
  }
  const size_t offset = address - (uintptr_t)a->base;
  const char* freed = a->live ? "" : " that was freed";
  if (offset < a->bytes) {
    return format("at byte %zu of an allocation of %zu bytes%s", offset, a->bytes, freed);
  }
  auto after = arena().byBase.upper_bound(address);
  if (after != arena().byBase.end() && (uintptr_t)after->second.base - address < offset - a->bytes) {
    return format("%zu bytes before an allocation of %zu bytes", (uintptr_t)after->second.base - address,
                  after->second.bytes);
  }
  return format("%zu bytes behind an allocation of %zu bytes%s", offset - a->bytes, a->bytes, freed);
}

void resetMemory() {
  for (auto& each : arena().byBase) {
    if (each.second.live) {
      closePages(each.second);
    }
  }
}

}  // namespace standin
