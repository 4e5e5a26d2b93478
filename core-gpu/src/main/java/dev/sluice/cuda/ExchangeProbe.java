package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Stopwatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jcuda.driver.JCudaDriver;

/**
 * Measures how long one exchange between blocks on all multiprocessors takes, with the kernel of
 * {@code exchange_probe.cu}: launches with many and with few exchanges, so that the launch itself is
 * not in it.
 */
final class ExchangeProbe {
  private static final int BLOCK = 256;
  private static final int SLOT = 4;
  private static final int FEW = 100;
  private static final int MANY = 600;
  private static final int REPEATS = 5;

  private final CudaRuntime runtime;
  private final Kernel kernel;
  private final int blocks;

  ExchangeProbe(CudaRuntime runtime) {
    this.runtime = runtime;
    kernel = runtime.kernel("sluice_exchange_probe");
    blocks = runtime.device().gpu().multiprocessors();
    if (!kernel.fields().equals("ppppi")) {
      throw new IllegalStateException(kernel.name() + " takes other arguments: " + kernel.fields());
    }
  }

  /**
   * Nanoseconds of one exchange.
   *
   * @throws IllegalStateException when blocks waited for one another in vain
   */
  double nanos() {
    try (CudaTensor flags = runtime.allocate(DType.INT32, Shape.of(blocks));
        CudaTensor numbers = runtime.allocate(DType.INT32, Shape.of(2, blocks, SLOT));
        CudaTensor sums = runtime.allocate(DType.INT32, Shape.of(blocks, BLOCK));
        CudaTensor fault = runtime.allocate(DType.INT32, Shape.of(2));
        Arena arena = Arena.ofConfined();
        Stopwatch stopwatch = new CudaStopwatch(runtime)) {
      MemorySegment few = arguments(arena, flags, numbers, sums, fault, FEW);
      MemorySegment many = arguments(arena, flags, numbers, sums, fault, MANY);
      launch(few, flags); // the first one loads the kernel
      long[] differences = new long[REPEATS];
      for (int i = 0; i < REPEATS; i++) {
        long least = time(stopwatch, few, flags);
        differences[i] = time(stopwatch, many, flags) - least;
      }
      if (fault.toInts()[1] != 0) {
        throw new IllegalStateException(
            "exchange: blocks on %d multiprocessors waited in vain for block %d"
                .formatted(blocks, fault.toInts()[0]));
      }
      requireAllSeen(sums.toInts());
      Arrays.sort(differences);
      return Math.max(differences[REPEATS / 2], 0) / (double) (MANY - FEW);
    }
  }

  /** The struct, and behind it its address, which is what a launch takes. */
  private static MemorySegment arguments(
      Arena arena,
      CudaTensor flags,
      CudaTensor numbers,
      CudaTensor sums,
      CudaTensor fault,
      int exchanges) {
    MemorySegment struct = arena.allocate(6 * Long.BYTES, 16);
    struct.setAtIndex(ValueLayout.JAVA_LONG, 0, flags.address());
    struct.setAtIndex(ValueLayout.JAVA_LONG, 1, numbers.address());
    struct.setAtIndex(ValueLayout.JAVA_LONG, 2, sums.address());
    struct.setAtIndex(ValueLayout.JAVA_LONG, 3, fault.address());
    struct.set(ValueLayout.JAVA_INT, 4 * Long.BYTES, exchanges);
    struct.setAtIndex(ValueLayout.JAVA_LONG, 5, struct.address());
    return struct;
  }

  private long time(Stopwatch stopwatch, MemorySegment arguments, CudaTensor flags) {
    clear(flags);
    stopwatch.mark();
    enqueue(arguments);
    stopwatch.mark();
    return stopwatch.laps()[0];
  }

  private void launch(MemorySegment arguments, CudaTensor flags) {
    clear(flags);
    enqueue(arguments);
    runtime.finish();
  }

  private void clear(CudaTensor flags) {
    runtime.lane().clear(flags.address(), flags.size() * Integer.BYTES);
  }

  private void enqueue(MemorySegment arguments) {
    check(
        JCudaDriver.cuLaunchCooperativeKernel(
            kernel.function(),
            blocks,
            1,
            1,
            BLOCK,
            1,
            1,
            0,
            runtime.lane().stream(),
            new NativeAddress(arguments.address() + 5 * Long.BYTES)),
        "cuLaunchCooperativeKernel",
        kernel.name());
  }

  /** Each thread that read blocks has seen the numbers of all exchanges of all of them. */
  private void requireAllSeen(int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      int rank = i % BLOCK;
      int read = rank < blocks ? (blocks - rank + BLOCK - 1) / BLOCK : 0;
      if (sums[i] != read * (MANY * (MANY + 1) / 2)) {
        throw new IllegalStateException(
            "exchange: block %d read numbers that were not those of the exchange"
                .formatted(i / BLOCK));
      }
    }
  }
}
