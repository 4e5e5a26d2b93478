// A thread of control with its own stack, switched by hand: six registers and the stack pointer, some nanoseconds a
// switch.
#pragma once
#include <cstddef>

#ifndef __x86_64__
#error "the stand-in driver switches fibres with x86-64 instructions"
#endif

namespace standin {

class Fibre {
 public:
  explicit Fibre(void (*entry)());
  ~Fibre();
  Fibre(const Fibre&) = delete;
  Fibre& operator=(const Fibre&) = delete;

  // Forgets what the fibre was doing: the next resume starts `entry` anew.
  void restart();

  // Runs the fibre until it calls leave(); called from the scheduler's stack only.
  void resume();

  // Goes back to whoever called resume(); called from the fibre's own stack.
  void leave();

 private:
  static constexpr size_t STACK_BYTES = 64 * 1024;
  void (*entry_)();
  char* stack_;
  void* saved_ = nullptr;
  void* caller_ = nullptr;
};

}  // namespace standin
