package dev.sluice.cuda;

/**
 * Ids and targets that are too large are found by kernels, which note the largest on the device;
 * the next download reports it. Until then such an id reads as zeros and such a target is ignored.
 */
final class Faults implements AutoCloseable {
  private static final int EMBEDDING = 0;
  private static final int TARGETS = 1;

  private final Lane lane;
  private final DeviceMemory.Block words;
  private final int[] limits = new int[2];
  private boolean armed;

  Faults(Lane lane, DeviceMemory memory) {
    this.lane = lane;
    this.words = memory.allocate(2L * Integer.BYTES, "notes of wrong ids");
    lane.clear(words.address(), words.bytes());
  }

  /** Where embedding notes an id that is not below {@code vocabulary}. */
  long embedding(int vocabulary) {
    return word(EMBEDDING, vocabulary);
  }

  /** Where a loss notes a target that is not below {@code classes}. */
  long targets(int classes) {
    return word(TARGETS, classes);
  }

  private long word(int which, int limit) {
    armed = true;
    limits[which] = limit;
    return words.address() + (long) which * Integer.BYTES;
  }

  /**
   * Waits and reports.
   *
   * @throws IllegalArgumentException when a wrong id was met since the last call
   */
  void report(Staging staging) {
    if (!armed) {
      return;
    }
    armed = false;
    int id = staging.readInt(words.address());
    int target = staging.readInt(words.address() + Integer.BYTES);
    if (id != 0 || target != 0) {
      lane.clear(words.address(), words.bytes());
      throw new IllegalArgumentException(
          id != 0
              ? "embedding: ids hold %d, but the table has %d rows".formatted(id, limits[EMBEDDING])
              : "crossEntropy: targets hold %d, but there are %d classes"
                  .formatted(target, limits[TARGETS]));
    }
  }

  @Override
  public void close() {
    words.close();
  }
}
