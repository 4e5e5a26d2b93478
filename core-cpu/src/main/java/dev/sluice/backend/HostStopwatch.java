package dev.sluice.backend;

import java.util.Arrays;

/** A stopwatch by the host's clock, for backends that compute within the call. */
final class HostStopwatch implements Stopwatch {
  private final Backend backend;
  private long[] marks = new long[16];
  private int count;

  HostStopwatch(Backend backend) {
    this.backend = backend;
  }

  @Override
  public void mark() {
    backend.finish();
    if (count == marks.length) {
      marks = Arrays.copyOf(marks, 2 * count);
    }
    marks[count++] = System.nanoTime();
  }

  @Override
  public long[] laps() {
    if (count == 0) {
      throw new IllegalStateException("stopwatch: there is no mark");
    }
    long[] laps = new long[count - 1];
    for (int i = 0; i < laps.length; i++) {
      laps[i] = marks[i + 1] - marks[i];
    }
    count = 0;
    return laps;
  }

  @Override
  public void close() {}
}
