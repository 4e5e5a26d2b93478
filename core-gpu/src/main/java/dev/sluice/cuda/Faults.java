package dev.sluice.cuda;

/**
 * Ids, targets and lengths that do not fit are found by kernels, which note them on the device; the
 * next download reports them. Until then such an id reads as zeros, such a target is ignored, and
 * such a length counts as the nearest that fits. Kernels whose blocks wait for each other note here
 * that they gave up.
 *
 * <p>A note is a limit · 2^32 + a value; of several the largest stays.
 */
final class Faults implements AutoCloseable {
  private static final int EMBEDDING = 0;
  private static final int TARGETS = 1;
  private static final int LENGTHS = 2;
  private static final int WAITS = 3;
  private static final int KINDS = 4;

  private final Lane lane;
  private final DeviceMemory.Block words;
  private final long[] notes = new long[KINDS];
  private boolean expected;

  Faults(Lane lane, DeviceMemory memory) {
    this.lane = lane;
    this.words = memory.allocate((long) KINDS * Long.BYTES, "notes of wrong ids");
    lane.clear(words.address(), words.bytes());
  }

  /** Where embedding notes an id that is not below the vocabulary. */
  long embedding() {
    return word(EMBEDDING);
  }

  /** Where a loss notes a target that is not below the number of classes. */
  long targets() {
    return word(TARGETS);
  }

  /** Where a recurrent layer notes a length that is not in 1..T. */
  long lengths() {
    return word(LENGTHS);
  }

  /** Where a block notes that it waited too long for another: seconds, and that block. */
  long waits() {
    return word(WAITS);
  }

  private long word(int kind) {
    expected = true;
    return words.address() + (long) kind * Long.BYTES;
  }

  /** A recorded graph runs, which may hold kernels that note. */
  void expect() {
    expected = true;
  }

  /**
   * Waits and reports.
   *
   * @throws IllegalArgumentException when something that does not fit was met since the last call
   * @throws IllegalStateException when blocks of a kernel gave up waiting for each other since then
   */
  void report(Staging staging) {
    if (!expected) {
      return;
    }
    expected = false;
    staging.readLongs(words.address(), notes);
    for (int kind = 0; kind < KINDS; kind++) {
      if (notes[kind] != 0) {
        lane.clear(words.address(), words.bytes());
        if (kind == WAITS) {
          throw new IllegalStateException(
              ("a recurrent layer waited %d seconds for block %d of its kernel and gave up, so its"
                      + " results are wrong; run with --recurrent-path standard, and please report"
                      + " this")
                  .formatted((int) (notes[kind] >>> 32), (int) notes[kind]));
        }
        throw new IllegalArgumentException(
            sentence(kind).formatted((int) notes[kind], (int) (notes[kind] >>> 32)));
      }
    }
  }

  private static String sentence(int kind) {
    return switch (kind) {
      case EMBEDDING -> "embedding: ids hold %d, but the table has %d rows";
      case TARGETS -> "crossEntropy: targets hold %d, but there are %d classes";
      default -> "recurrent forward: lengths hold %d, but must lie in 1..%d";
    };
  }

  @Override
  public void close() {
    words.close();
  }
}
