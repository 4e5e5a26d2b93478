package dev.sluice.backend.simd;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;

/**
 * A recurrent cell as the driver sees it: which recurrent products a step needs, and the pointwise
 * work behind them. Time, lengths, direction, products and storage are the driver's.
 *
 * <p>A step runs in stages. Each stage first multiplies, then does its pointwise forward; backward
 * runs the stages in reverse, each pointwise first, then the transposed products.
 */
abstract class Cell {
  /** What a recurrent product reads, and where its result goes. */
  enum Place {
    /** The hidden state h (as operand only). */
    STATE,
    /** The gate buffer, [T, B, G·H] (as result only): pre-activations, then gates, then gradients. */
    GATES,
    /** The cell's own buffer, [T, B, H]. */
    AUXILIARY
  }

  /**
   * One recurrent product: operand · R[blocks]ᵀ. Each block belongs to exactly one product.
   *
   * @param blockFrom first block of H rows of R
   * @param blockTo end of the blocks
   * @param operand STATE or AUXILIARY
   * @param result GATES, in the columns of the same blocks and added to what is there; or
   *     AUXILIARY, overwritten
   */
  record Product(int blockFrom, int blockTo, Place operand, Place result) {
    int blocks() {
      return blockTo - blockFrom;
    }
  }

  private final Product[][] stages;

  /**
   * @param stages the products of each stage
   */
  Cell(Product[]... stages) {
    this.stages = stages;
  }

  static Cell of(RecurrentSpec spec) {
    return switch (spec.cell()) {
      case LSTM -> new LstmCell();
      case GRU -> spec.resetBefore() ? new GruResetBeforeCell() : new GruCell();
      case RNN_TANH, RNN_RELU -> new RnnCell(spec.cell() == CellType.RNN_RELU);
    };
  }

  /** Number of stages. */
  final int stages() {
    return stages.length;
  }

  /** The products of one stage. */
  final Product[] products(int stage) {
    return stages[stage];
  }

  /** Whether the cell needs the AUXILIARY buffer. */
  final boolean auxiliary() {
    for (Product[] stage : stages) {
      for (Product product : stage) {
        if (product.operand() == Place.AUXILIARY || product.result() == Place.AUXILIARY) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a product reads the AUXILIARY buffer. */
  final boolean readsAuxiliary() {
    for (Product[] stage : stages) {
      for (Product product : stage) {
        if (product.operand() == Place.AUXILIARY) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Pointwise forward of a stage over the rows and units of {@code step}. The last stage writes the
   * state and the output; a sequence past its end keeps its state and outputs zero.
   */
  abstract void forward(int stage, CellStep step);

  /**
   * Pointwise backward of a stage: replaces the gates by their gradients (zero past a sequence's
   * end) and leaves in {@code dh} what flows to the state before the step other than through the
   * products.
   */
  abstract void backward(int stage, CellStep step);
}
