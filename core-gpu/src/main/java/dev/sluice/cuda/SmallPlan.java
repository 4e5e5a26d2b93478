package dev.sluice.cuda;

import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentSpec;
import java.util.Optional;

/**
 * How one direction of a small layer runs all its steps in one launch, each block with 8 sequences
 * and all of R, by the rules in {@code persistent_arguments.cuh}.
 *
 * @param kernel name of the entry point
 * @param blocks of the grid
 * @param sharedBytes dynamic shared memory of a block
 */
record SmallPlan(String kernel, int blocks, int sharedBytes) {
  /** H at most: the registers and the shared memory of one multiprocessor hold R. */
  static final int MOST_UNITS = 128;

  private static final int SEQUENCES = 8;
  private static final int UNITS = 16;
  private static final int TILE_CHUNK_BYTES = 1024;

  /** Chunks of a row of R that stay in registers. */
  private static final int HELD = 4;

  /** The plan for a layer; empty when there is no kernel for it. */
  static Optional<SmallPlan> of(
      RecurrentSpec spec, boolean backward, Precision precision, int batch) {
    boolean gated =
        spec.cell() == CellType.LSTM || spec.cell() == CellType.GRU && !spec.resetBefore();
    if (!gated || precision == Precision.FP32 || spec.hiddenSize() > MOST_UNITS) {
      return Optional.empty();
    }
    boolean narrow = precision == Precision.BF16;
    int gates = spec.cell().gates();
    int units = spec.hiddenSize();
    int chunks = Math.ceilDiv(units, narrow ? 32 : 16);
    int columns = backward ? gates * chunks : chunks;
    int states = 2 * (512 * (columns | 1) + 128);
    int weights =
        TILE_CHUNK_BYTES * gates * Math.max(0, chunks - HELD) * Math.ceilDiv(units, UNITS);
    String name =
        "sluice_%s_small_%s_%s"
            .formatted(
                spec.cell() == CellType.LSTM ? "lstm" : "gru",
                backward ? "backward" : "forward",
                narrow ? "bf16" : "tf32");
    return Optional.of(new SmallPlan(name, Math.ceilDiv(batch, SEQUENCES), states + weights));
  }
}
