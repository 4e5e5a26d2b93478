package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/**
 * Launches kernels. The argument struct is built field by field in one reused piece of native
 * memory (the driver copies it within the call), so a launch allocates nothing; each field is
 * checked against the kernel's layout.
 */
final class Launcher {
  /** Threads of a block. */
  static final int BLOCK = 256;

  private static final int STRUCT_BYTES = 256;

  private final Device device;
  private final MemorySegment struct;
  private final Pointer parameters;
  private Kernel kernel;
  private int field;
  private int offset;

  Launcher(Device device) {
    this.device = device;
    MemorySegment memory = Arena.ofAuto().allocate(STRUCT_BYTES + Long.BYTES, 16);
    this.struct = memory;
    // Kernels take one parameter, so the driver's list of their addresses has one entry.
    memory.set(ValueLayout.JAVA_LONG, STRUCT_BYTES, memory.address());
    this.parameters = new NativeAddress(memory.address() + STRUCT_BYTES);
  }

  /** Begins the arguments of a kernel. */
  Launcher begin(Kernel next) {
    kernel = next;
    field = 0;
    offset = 0;
    return this;
  }

  /** The next field, a pointer into device memory; 0 is null. */
  Launcher pointer(long address) {
    expect('p');
    struct.set(ValueLayout.JAVA_LONG, offset, address);
    offset += Long.BYTES;
    return this;
  }

  /** The next field, a {@code long long}. */
  Launcher count(long value) {
    expect('l');
    struct.set(ValueLayout.JAVA_LONG, offset, value);
    offset += Long.BYTES;
    return this;
  }

  /** The next field, an {@code int}. */
  Launcher integer(int value) {
    expect('i');
    struct.set(ValueLayout.JAVA_INT, offset, value);
    offset += Integer.BYTES;
    return this;
  }

  /** The next field, a {@code float}. */
  Launcher real(float value) {
    expect('f');
    struct.set(ValueLayout.JAVA_FLOAT, offset, value);
    offset += Float.BYTES;
    return this;
  }

  /** Enqueues the kernel with that many blocks of 256 threads. */
  void launch(Lane lane, long blocks) {
    launch(lane, blocks, 1);
  }

  /** Enqueues the kernel on a grid of two axes. */
  void launch(Lane lane, long blocksX, long blocksY) {
    launch(lane, blocksX, blocksY, 0, false);
  }

  /**
   * Enqueues the kernel with dynamic shared memory.
   *
   * @param sharedBytes of each block, which {@link KernelLimits#residentBlocks} has allowed
   */
  void launchShared(Lane lane, long blocks, int sharedBytes) {
    launch(lane, blocks, 1, sharedBytes, false);
  }

  /** The same as a cooperative launch: all blocks are on the device at once, or none is. */
  void launchTogether(Lane lane, long blocksX, long blocksY, int sharedBytes) {
    launch(lane, blocksX, blocksY, sharedBytes, true);
  }

  private void launch(Lane lane, long blocksX, long blocksY, int sharedBytes, boolean together) {
    if (field != kernel.fields().length()) {
      throw new IllegalStateException(
          "%s takes %d arguments, not %d"
              .formatted(kernel.name(), kernel.fields().length(), field));
    }
    device.enter();
    int gridX = Math.toIntExact(blocksX);
    int gridY = Math.toIntExact(blocksY);
    if (together) {
      int code =
          JCudaDriver.cuLaunchCooperativeKernel(
              kernel.function(),
              gridX,
              gridY,
              1,
              BLOCK,
              1,
              1,
              sharedBytes,
              lane.stream(),
              parameters);
      check(code, "cuLaunchCooperativeKernel", kernel.name());
      return;
    }
    int code =
        JCudaDriver.cuLaunchKernel(
            kernel.function(),
            gridX,
            gridY,
            1,
            BLOCK,
            1,
            1,
            sharedBytes,
            lane.stream(),
            parameters,
            null);
    check(code, "cuLaunchKernel", kernel.name());
  }

  private void expect(char type) {
    if (field >= kernel.fields().length() || kernel.fields().charAt(field) != type) {
      throw new IllegalStateException(
          "%s: argument %d is not a '%c' in %s"
              .formatted(kernel.name(), field, type, kernel.fields()));
    }
    field++;
  }
}
