#include "faults.hpp"

#include <csignal>
#include <cstdint>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "failure.hpp"
#include "memory.hpp"

namespace standin {

namespace {

void (*guard)() = nullptr;
long guardedThread = 0;
uintptr_t faultAddress = 0;
bool faultWrote = false;
struct sigaction previousSegv;
struct sigaction previousBus;

void handle(int signal, siginfo_t* info, void* context) {
  ucontext_t* state = static_cast<ucontext_t*>(context);
  if (guard && syscall(SYS_gettid) == guardedThread) {
    faultAddress = (uintptr_t)info->si_addr;
    faultWrote = state->uc_mcontext.gregs[REG_ERR] & 2;
    // Go on in onFault instead, on the same stack, below what the kernel was using, aligned as after a call.
    uintptr_t stack = ((uintptr_t)state->uc_mcontext.gregs[REG_RSP] - 512) & ~(uintptr_t)15;
    state->uc_mcontext.gregs[REG_RSP] = (greg_t)(stack - 8);
    state->uc_mcontext.gregs[REG_RIP] = (greg_t)guard;
    return;
  }
  const struct sigaction& previous = signal == SIGSEGV ? previousSegv : previousBus;
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    sigaction(signal, &previous, nullptr);  // the instruction faults again, and the process ends as it would have
  }
}

void install(int signal, struct sigaction& previous) {
  sigaction(signal, nullptr, &previous);
  struct sigaction action = previous;
  action.sa_sigaction = handle;
  action.sa_flags |= SA_SIGINFO;
  sigaction(signal, &action, nullptr);
}

}  // namespace

void beginGuard(void (*onFault)()) {
  static const bool installed = [] {
    install(SIGSEGV, previousSegv);
    install(SIGBUS, previousBus);
    return true;
  }();
  (void)installed;
  guardedThread = syscall(SYS_gettid);
  guard = onFault;
}

void endGuard() { guard = nullptr; }

uintptr_t faultedAddress() { return faultAddress; }

bool faultedInWriting() { return faultWrote; }

std::string describeFault() {
  return format("%s %p: %s", faultWrote ? "wrote" : "read", reinterpret_cast<void*>(faultAddress),
                describeAddress(faultAddress).c_str());
}

}  // namespace standin
