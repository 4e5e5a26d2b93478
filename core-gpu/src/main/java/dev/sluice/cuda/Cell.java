package dev.sluice.cuda;

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

  /** What the driver must provide for a cell beside gates and states, in floats a unit. */
  record Needs(boolean savesEachStep, boolean savesForInference, int product, int stepGradient) {
    /** The needs of the cell of a spec, known without a device. */
    static Needs of(RecurrentSpec spec) {
      return switch (spec.cell()) {
        case LSTM -> new Needs(true, true, 0, 0);
        case GRU -> spec.resetBefore() ? new Needs(true, true, 3, 1) : new Needs(true, false, 3, 3);
        case RNN_TANH, RNN_RELU -> new Needs(false, false, 0, 0);
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
