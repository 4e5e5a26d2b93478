package dev.sluice.cuda;

import dev.sluice.backend.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * The device memory of one plan. It can also only count: then a plan's size is known, from the same
 * lines that would allocate it, before anything is allocated.
 */
final class PlanMemory implements AutoCloseable {
  private final DeviceMemory memory;
  private final String what;
  private final List<DeviceMemory.Block> blocks = new ArrayList<>();
  private long bytes;

  private PlanMemory(DeviceMemory memory, String what) {
    this.memory = memory;
    this.what = what;
  }

  /** Counts and allocates nothing. */
  static PlanMemory counting() {
    return new PlanMemory(null, "");
  }

  /** Allocates; {@code what} names the plan in errors. */
  static PlanMemory of(DeviceMemory memory, String what) {
    return new PlanMemory(memory, what);
  }

  /**
   * Address of that many floats of undefined content; 0 when none are asked for or when counting.
   */
  long floats(long count) {
    return numbers(DType.FLOAT32, count);
  }

  /** The same for numbers of a type. */
  long numbers(DType type, long count) {
    long asked = Math.multiplyExact(count, type.bytes());
    bytes += asked;
    if (asked == 0 || memory == null) {
      return 0;
    }
    DeviceMemory.Block block = memory.allocate(asked, what);
    blocks.add(block);
    return block.address();
  }

  /** Bytes asked for so far. */
  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    blocks.forEach(DeviceMemory.Block::close);
  }
}
