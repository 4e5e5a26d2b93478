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
  /** H at most, where a block may have the shared memory that it asks for. */
  static final int MOST_UNITS = 128;

  private static final int SEQUENCES = 8;
  private static final int UNITS = 16;
  private static final int TILE_CHUNK_BYTES = 1024;

  /** The plan for a layer; empty when there is no kernel for it. */
  static Optional<SmallPlan> of(
      RecurrentSpec spec, boolean backward, Precision precision, int batch) {
    boolean gated =
        spec.cell() == CellType.LSTM || spec.cell() == CellType.GRU && !spec.resetBefore();
    if (!gated || spec.hiddenSize() > MOST_UNITS) {
      return Optional.empty();
    }
    boolean narrow = precision == Precision.BF16;
    int gates = spec.cell().gates();
    int units = spec.hiddenSize();
    int chunks = Math.ceilDiv(units, narrow ? 32 : 16);
    int columns = backward ? gates * chunks : chunks;
    int held = spec.cell() == CellType.LSTM && !narrow ? 3 : 4; // chunks of R in registers
    int states = 2 * (512 * (columns | 1) + 128);
    int weights =
        TILE_CHUNK_BYTES * gates * Math.max(0, chunks - held) * Math.ceilDiv(units, UNITS);
    String name =
        "sluice_%s_small_%s_%s"
            .formatted(
                spec.cell() == CellType.LSTM ? "lstm" : "gru",
                backward ? "backward" : "forward",
                precision == Precision.FP32 ? "f32" : narrow ? "bf16" : "tf32");
    return Optional.of(new SmallPlan(name, Math.ceilDiv(batch, SEQUENCES), states + weights));
  }
}
