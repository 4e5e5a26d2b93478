#include "fibre.hpp"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>

extern "C" void standinSwitch(void** save, void* to);

// Pushes what a callee must preserve, changes stacks, and returns into the other fibre.
asm(R"(
.text
.hidden standinSwitch
.globl standinSwitch
.type standinSwitch, @function
standinSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size standinSwitch, .-standinSwitch
)");

namespace standin {

Fibre::Fibre(void (*entry)()) : entry_(entry) {
  // The lowest page stays closed: a stack that overflows stops there.
  void* memory = mmap(nullptr, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    abort();
  }
  stack_ = static_cast<char*>(memory);
  mprotect(stack_, 4096, PROT_NONE);
  restart();
}

Fibre::~Fibre() { munmap(stack_, STACK_BYTES); }

void Fibre::restart() {
  // As if entry had been called: a return address (never used) on a stack that was 16-byte aligned before the call.
  void** top = reinterpret_cast<void**>(stack_ + STACK_BYTES);
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(entry_);
  for (int registers = 0; registers < 6; registers++) {
    *--top = nullptr;
  }
  saved_ = top;
}

void Fibre::resume() { standinSwitch(&caller_, saved_); }

void Fibre::leave() { standinSwitch(&saved_, caller_); }

}  // namespace standin
