package dev.sluice.cuda;

import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentSpec;

/**
 * What one kind of recurrent cell does in a step: the products with R and the fused gate kernels.
 * The driver owns time, lengths, states and the product with the input.
 */
interface Cell {
  /** The cell of a spec. */
  static Cell of(CudaRuntime runtime, RecurrentSpec spec) {
    CellProducts products = new CellProducts(runtime);
    return switch (spec.cell()) {
      case LSTM -> new LstmCell(runtime, products);
      case GRU ->
          spec.resetBefore()
              ? new GruBeforeCell(runtime, products)
              : new GruCell(runtime, products);
      case RNN_TANH -> new RnnCell(runtime, products, false);
      case RNN_RELU -> new RnnCell(runtime, products, true);
    };
  }

  /**
   * What the driver must provide for a cell beside gates and states, in numbers a unit.
   *
   * @param saved type of what is saved of each step; null when nothing is
   * @param savesForInference whether one step of that is needed without a backward too
   * @param product fp32 numbers of a forward step's product with h
   * @param stepGradient numbers of a backward step, of {@code stepType}
   */
  record Needs(
      DType saved, boolean savesForInference, int product, int stepGradient, DType stepType) {
    /**
     * The needs of the cell of a spec, known without a device.
     *
     * @param type of the gates; only fp32 gates can have the product with h added in place
     */
    static Needs of(RecurrentSpec spec, DType type) {
      int apart = type == DType.FLOAT32 ? 0 : spec.cell().gates();
      return switch (spec.cell()) {
        case LSTM -> new Needs(DType.FLOAT32, true, apart, 0, type);
        case GRU ->
            spec.resetBefore()
                ? new Needs(type, true, 3, 1, DType.FLOAT32)
                : new Needs(type, false, 3, 3, type);
        case RNN_TANH, RNN_RELU -> new Needs(null, false, apart, 0, type);
      };
    }
  }

  /** Enqueues step t: gates hold the product with the input, the state h before the step. */
  void forward(LayerPass pass, int t);

  /**
   * Enqueues step t backwards: the state's gradient goes from after the step to before it.
   *
   * @param stateWanted whether anything will read the gradient of the state before the step
   */
  void backward(LayerPass pass, int t, boolean stateWanted);

  /** Enqueues the gradients of R and of the biases, after all steps. */
  void weightGradients(LayerPass pass);
}
