package dev.sluice.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * The graph that was recorded last, as the stand-in saw it.
 *
 * @param nodes kernels, products, copies and the like
 * @param chain nodes on the longest path, each of which waits for the one before
 */
record LastGraph(long nodes, long chain) {
  /** Asks the stand-in. */
  @SuppressWarnings("restricted") // the stand-in's own function
  static LastGraph look() {
    StandIn.require();
    SymbolLookup driver =
        SymbolLookup.libraryLookup(
            Path.of(System.getenv("SLUICE_CUDA_HOME"), "libcuda.so.1"), Arena.global());
    MethodHandle look =
        Linker.nativeLinker()
            .downcallHandle(
                driver.find("sluiceStandInLastGraph").orElseThrow(),
                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment nodes = arena.allocate(JAVA_LONG);
      MemorySegment chain = arena.allocate(JAVA_LONG);
      look.invoke(nodes, chain);
      return new LastGraph(nodes.get(JAVA_LONG, 0), chain.get(JAVA_LONG, 0));
    } catch (Throwable e) {
      throw new IllegalStateException("the stand-in does not tell its last graph", e);
    }
  }
}
