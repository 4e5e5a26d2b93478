package dev.sluice.backend.simd;

import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.WeightStorage;

/** How many members of the team take part in a step. */
final class StreamSharing {
  /**
   * Bytes of single-precision weights that a member must read in a step to pay for the handover, the
   * meetings, and the cache lines that change hands. Measured on two Zen 4 cores, two LSTM layers,
   * microseconds with one and two members: H = 64 3.1 and 5.9, H = 96 6.5 and 8.8, H = 128 12.9 and
   * 9.9, H = 192 29 and 20.
   */
  private static final long BYTES_PER_MEMBER = 400_000;

  private StreamSharing() {}

  /** Members for a step of the whole stack. */
  static int parts(RecurrentSpec spec, int batch, WeightStorage storage, int team) {
    long cost = spec.weightCount() * cost(storage) * batch;
    int most = Math.min(team, StreamLayout.mostParts(batch, spec.hiddenSize()));
    return Math.clamp(cost / BYTES_PER_MEMBER, 1, most);
  }

  /** Bytes of single precision that take as long to read as one weight; 8 bits are decoded slowly. */
  private static int cost(WeightStorage storage) {
    return switch (storage) {
      case FLOAT32 -> 4;
      case BFLOAT16 -> 2;
      case INT8 -> 3;
    };
  }
}
