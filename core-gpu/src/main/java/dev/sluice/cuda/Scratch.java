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

  private final DeviceMemory memory;
  private final List<DeviceMemory.Block> outgrown = new ArrayList<>();
  private DeviceMemory.Block block;

  Scratch(DeviceMemory memory) {
    this.memory = memory;
  }

  /** Address of at least {@code bytes} bytes of undefined content, aligned for any type. */
  long take(long bytes) {
    if (block == null || block.bytes() < bytes) {
      long grown = block == null ? SMALLEST : 2 * block.bytes();
      if (block != null) {
        outgrown.add(block);
      }
      block = memory.allocate(Math.max(bytes, grown), "working memory of an operation");
    }
    return block.address();
  }

  @Override
  public void close() {
    outgrown.forEach(DeviceMemory.Block::close);
    if (block != null) {
      block.close();
    }
  }
}
