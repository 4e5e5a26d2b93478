package dev.sluice.cuda;

import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import java.util.Optional;

/**
 * How one direction of a recurrent layer is spread over a device for all its steps: the kernel, the
 * grid, and the memory that a launch of it needs, by the rules in {@code grid_arguments.cuh}.
 *
 * <p>A block owns 16 units, the rows of one tile of the matrix units; the blocks of a group own all
 * units and work on the same {@link #sequences} at once, and {@link #groups} of them run beside
 * each other. What is left of the batch is taken in {@link #rounds}.
 *
 * <p>Which kernel: the exchange costs most of a step, in latency that does not depend on N and in
 * bytes that grow with it. So N is 8 where groups of 8 sequences are enough for the batch in one
 * round. Where they are not, N is 16: it halves the number of rounds, each of which reads the
 * weights in shared memory again, and a round's latency still hides behind the other rounds. More
 * sequences at once would take registers from the weights. The instances, for an H200, by estimate,
 * not yet measured on a GPU:
 *
 * <pre>
 *   kernel              tiles  chunks of weights   why
 *                              held in registers
 *   LSTM forward, n8      4          4             B = 16 to H = 1,056; B = 32 to 528; 64 to 256
 *   LSTM forward, n16     4          3             all else: (1024, 64) in 2 rounds, (2048, 16) in one
 *   GRU forward, n8       3          5             as the LSTM's, with 48 rows of weights instead of 64
 *   GRU forward, n16      3          4
 *   backward, n8, n16     1         16             the same grids; rows are units, K = G·H
 * </pre>
 *
 * <p>The limits on an H200 (132 multiprocessors, 227 KiB): H up to 2,112 in bf16, one group; in
 * TF32 1,280 for the LSTM and 1,664 for the GRU, where R fills shared memory.
 *
 * @param kernel name of the entry point
 * @param blocks of a group, the grid's first extent
 * @param groups the grid's second extent
 * @param rounds that each group takes for a step
 * @param sequences N, that a group works on at once
 * @param blockUnits units of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param exchangeBytes working memory through which blocks hand over their results
 * @param flagBytes working memory of their flags, to be cleared before each launch
 */
record GridPlan(
    String kernel,
    int blocks,
    int groups,
    int rounds,
    int sequences,
    int blockUnits,
    int sharedBytes,
    long exchangeBytes,
    long flagBytes) {
  private static final int UNITS = 16;
  private static final int WARPS = 8;
  private static final int LANES = 32;

  /** Bytes of an exchanged row that one product of a warp covers. */
  private static final int CHUNK_BYTES = 64;

  /** Bytes of a tile's weights for a chunk: 16 rows. */
  private static final int TILE_CHUNK_BYTES = UNITS * CHUNK_BYTES;

  /** Numbers that a thread keeps from step to step, for each round. */
  private static final int KEPT = 3;

  /**
   * The plan for a layer.
   *
   * @param cell LSTM, or GRU with the reset gate after the recurrent product; others have no such
   *     kernels
   * @param backward whether for the backward pass
   * @param precision TF32 or BF16; there are no such kernels for FP32
   * @param units H, at least 1
   * @param batch B, at least 1
   * @param multiprocessors that may be used; half of the device's where two directions run at once
   * @param sharedLimit bytes of shared memory that a block may ask for
   * @return empty when there is no kernel, or the layer does not fit on the chip
   */
  static Optional<GridPlan> of(
      CellType cell,
      boolean backward,
      Precision precision,
      int units,
      int batch,
      int multiprocessors,
      int sharedLimit) {
    int blocks = divide(units, UNITS);
    int most = multiprocessors / blocks;
    boolean gated = cell == CellType.LSTM || cell == CellType.GRU;
    if (!gated || precision == Precision.FP32 || most == 0) {
      return Optional.empty();
    }
    boolean oneRound = divide(batch, 8) <= most;
    GridPlan preferred = with(cell, backward, precision, units, batch, most, oneRound ? 8 : 16);
    if (preferred.sharedBytes <= sharedLimit) {
      return Optional.of(preferred);
    }
    GridPlan narrow = with(cell, backward, precision, units, batch, most, 8);
    return narrow.sharedBytes <= sharedLimit ? Optional.of(narrow) : Optional.empty();
  }

  private static GridPlan with(
      CellType cell,
      boolean backward,
      Precision precision,
      int units,
      int batch,
      int mostGroups,
      int sequences) {
    int blocks = divide(units, UNITS);
    int batches = divide(batch, sequences);
    int rounds = divide(batches, Math.min(batches, mostGroups));
    int groups = divide(batches, rounds);
    int gates = cell.gates();
    int numberBytes = precision == Precision.BF16 ? 2 : 4;
    int chunks = divide((backward ? gates : 1) * units * numberBytes, CHUNK_BYTES);
    int tiles = backward ? 1 : gates;
    int held = (!backward && sequences == 16 ? 12 : 16) / tiles;
    int stored = Math.max(0, divide(chunks, WARPS) - held);
    int weights = WARPS * stored * tiles * TILE_CHUNK_BYTES;
    int partials = WARPS * tiles * UNITS * sequences * Float.BYTES;
    int kept = KEPT * rounds * WARPS * LANES * Float.BYTES;
    String name =
        "sluice_%s_grid_%s_%s_n%d"
            .formatted(
                cell == CellType.LSTM ? "lstm" : "gru",
                backward ? "backward" : "forward",
                precision == Precision.BF16 ? "bf16" : "tf32",
                sequences);
    long rows = 2L * groups * rounds * sequences;
    return new GridPlan(
        name,
        blocks,
        groups,
        rounds,
        sequences,
        UNITS,
        weights + partials + kept,
        rows * chunks * CHUNK_BYTES,
        (long) groups * rounds * blocks * Integer.BYTES);
  }

  private static int divide(int items, int size) {
    return (items + size - 1) / size;
  }
}
