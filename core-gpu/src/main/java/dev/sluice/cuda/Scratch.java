package dev.sluice.cuda;

import java.util.ArrayList;
import java.util.List;

/**
 * Working memory for one operation at a time: what an operation leaves in it is gone with the next.
 * All operations run in one lane, in order, so they can share it. When it must grow, the smaller
 * piece is kept: a recorded graph may still point to it. Growth doubles, so that is at most as much
 * again.
 */
final class Scratch implements AutoCloseable {
  private static final long SMALLEST = 1L << 16;
  private static final String WHAT = "working memory of an operation";

  private final DeviceMemory memory;
  private final List<DeviceMemory.Block> outgrown = new ArrayList<>();
  private DeviceMemory.Block block;

  Scratch(DeviceMemory memory) {
    this.memory = memory;
    block = memory.allocate(SMALLEST, WHAT);
  }

  /** Address of at least {@code bytes} bytes of undefined content, aligned for any type. */
  long take(long bytes) {
    if (block.bytes() < bytes) {
      DeviceMemory.Block grown = memory.allocate(Math.max(bytes, 2 * block.bytes()), WHAT);
      outgrown.add(block);
      block = grown;
    }
    return block.address();
  }

  @Override
  public void close() {
    outgrown.forEach(DeviceMemory.Block::close);
    block.close();
  }
}
