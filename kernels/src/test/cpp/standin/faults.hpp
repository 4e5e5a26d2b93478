// Turns a bad memory access of a kernel into an error instead of the end of the process.
//
// While a guard is set, a fault on this thread is redirected to `onFault`, which runs where the kernel stood and must
// not return. All other faults go to whoever handled them before: in a JVM, the JVM.
#pragma once
#include <cstdint>
#include <string>

namespace standin {

void beginGuard(void (*onFault)());
void endGuard();

// Where the last fault was, and whether it was a write.
uintptr_t faultedAddress();
bool faultedInWriting();

// The last fault: "wrote 0x7f...: 4 bytes behind an allocation of 64 bytes".
std::string describeFault();

}  // namespace standin
