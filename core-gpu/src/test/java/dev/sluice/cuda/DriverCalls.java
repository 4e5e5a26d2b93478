package dev.sluice.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the backend asked of the driver: the stand-in counts the calls of each function. */
final class DriverCalls {
  private final MethodHandle counter;
  private final Map<String, Long> before = new LinkedHashMap<>();

  /** Counts from now on. */
  DriverCalls(String... functions) {
    counter = function("sluiceStandInCalls", FunctionDescriptor.of(JAVA_LONG, ADDRESS));
    for (String function : functions) {
      before.put(function, calls(function));
    }
  }

  /** Contexts, streams, events, modules, graphs, page-locked memory and handles there are now. */
  static long live() {
    try {
      return (long) function("sluiceStandInLive", FunctionDescriptor.of(JAVA_LONG)).invoke();
    } catch (Throwable e) {
      throw new IllegalStateException("the stand-in does not count what lives", e);
    }
  }

  @SuppressWarnings("restricted") // the stand-in's own functions
  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    StandIn.require();
    SymbolLookup driver =
        SymbolLookup.libraryLookup(
            Path.of(System.getenv("SLUICE_CUDA_HOME"), "libcuda.so.1"), Arena.global());
    return Linker.nativeLinker().downcallHandle(driver.findOrThrow(name), descriptor);
  }

  /** Calls of each function since then; those without one are left out. */
  Map<String, Long> since() {
    Map<String, Long> since = new LinkedHashMap<>();
    before.forEach((function, count) -> {
      long calls = calls(function) - count;
      if (calls > 0) {
        since.put(function, calls);
      }
    });
    return since;
  }

  /** Calls of all the functions since the process began. */
  long total() {
    return before.keySet().stream().mapToLong(this::calls).sum();
  }

  private long calls(String function) {
    try (Arena arena = Arena.ofConfined()) {
      return (long) counter.invoke(arena.allocateFrom(function));
    } catch (Throwable e) {
      throw new IllegalStateException("the stand-in does not count " + function, e);
    }
  }
}
