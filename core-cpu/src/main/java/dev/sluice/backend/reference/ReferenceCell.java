package dev.sluice.backend.reference;

import dev.sluice.backend.RecurrentSpec;

/** One kind of recurrent cell: its equations for one step of one sequence, and their gradients. */
interface ReferenceCell {
  /** How many numbers a unit {@link #forward} keeps in {@link CellStep#saved}. */
  int saved();

  /** Computes h' and, for cells that have one, c'. */
  void forward(CellWeights weights, CellStep step);

  /** Adds the gradients of the step's arguments and weights. */
  void backward(CellWeights weights, CellStep step, CellGradients gradients);

  /** The cell that a spec asks for. */
  static ReferenceCell of(RecurrentSpec spec, CellFunctions functions) {
    int hiddenSize = spec.hiddenSize();
    return switch (spec.cell()) {
      case LSTM -> new LstmCell(hiddenSize, functions);
      case GRU ->
          spec.resetBefore()
              ? new GruResetBeforeCell(hiddenSize, functions)
              : new GruCell(hiddenSize, functions);
      case RNN_TANH -> new RnnCell(hiddenSize, functions, false);
      case RNN_RELU -> new RnnCell(hiddenSize, functions, true);
    };
  }
}
