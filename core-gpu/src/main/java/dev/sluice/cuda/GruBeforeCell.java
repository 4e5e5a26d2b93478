package dev.sluice.cuda;

/**
 * GRU with the reset gate before the recurrent product: a step is two products, each with a kernel
 * behind it, since Rn multiplies r ∘ h.
 */
final class GruBeforeCell implements Cell {
  private final CudaRuntime runtime;
  private final CellProducts products;
  private final Kernel reset;
  private final Kernel output;
  private final Kernel outputBackward;
  private final Kernel resetBackward;

  GruBeforeCell(CudaRuntime runtime, CellProducts products) {
    this.runtime = runtime;
    this.products = products;
    reset = runtime.kernel("sluice_gru_before_reset_f32");
    output = runtime.kernel("sluice_gru_before_output_f32");
    outputBackward = runtime.kernel("sluice_gru_before_output_backward_f32");
    resetBackward = runtime.kernel("sluice_gru_before_reset_backward_f32");
  }

  @Override
  public void forward(LayerPass pass, int t) {
    int units = pass.units;
    boolean zero = pass.hasZeroState(t);
    long candidate = pass.product + 2L * pass.batch * units * Float.BYTES;
    if (!zero) {
      products.forward(pass, pass.state, 0, 2 * units, 0, pass.product, 2 * units);
    }
    runtime
        .begin(reset)
        .pointer(pass.gatesAt(t))
        .pointer(zero ? 0 : pass.product)
        .pointer(pass.weights.inputBias())
        .pointer(pass.weights.hiddenBias())
        .pointer(pass.state)
        .pointer(pass.savedAt(t))
        .pointer(pass.lengths)
        .integer(pass.batch)
        .integer(units)
        .integer(t)
        .integer(pass.pack)
        .launch(pass.lane, pass.unitBlocks());
    if (!zero) {
      products.forward(pass, pass.savedAt(t), 2 * units, units, 0, candidate, units);
    }
    runtime
        .begin(output)
        .pointer(pass.gatesAt(t))
        .pointer(zero ? 0 : candidate)
        .pointer(pass.weights.inputBias())
        .pointer(pass.weights.hiddenBias())
        .pointer(pass.state)
        .pointer(0)
        .pointer(pass.outputAt(t))
        .pointer(pass.lengths)
        .count(pass.outputStride)
        .integer(pass.batch)
        .integer(units)
        .integer(t)
        .integer(pass.pack)
        .launch(pass.lane, pass.unitBlocks());
  }

  @Override
  public void backward(LayerPass pass, int t, boolean stateWanted) {
    int units = pass.units;
    int columns = pass.gateColumns;
    long previous = pass.isFirst(t) ? 0 : pass.outputAt(pass.before(t));
    runtime
        .begin(outputBackward)
        .pointer(pass.gatesAt(t))
        .pointer(pass.outputGradientAt(t))
        .pointer(pass.stateGradient)
        .pointer(previous)
        .pointer(pass.initialState)
        .pointer(pass.lengths)
        .count(pass.outputStride)
        .count(pass.outputStride)
        .integer(pass.batch)
        .integer(units)
        .integer(t)
        .integer(pass.reverse ? 1 : 0)
        .integer(pass.pack)
        .launch(pass.lane, pass.unitBlocks());
    long candidate = pass.gatesAt(t) + 2L * units * Float.BYTES;
    products.backward(pass, candidate, columns, 2 * units, units, 0, pass.stepGradient);
    runtime
        .begin(resetBackward)
        .pointer(pass.gatesAt(t))
        .pointer(pass.stepGradient)
        .pointer(pass.stateGradient)
        .pointer(previous)
        .pointer(pass.initialState)
        .pointer(pass.lengths)
        .count(pass.outputStride)
        .integer(pass.batch)
        .integer(units)
        .integer(t)
        .integer(pass.reverse ? 1 : 0)
        .integer(pass.pack)
        .launch(pass.lane, pass.unitBlocks());
    if (stateWanted) {
      products.backward(pass, pass.gatesAt(t), columns, 0, 2 * units, 1, pass.stateGradient);
    }
  }

  @Override
  public void weightGradients(LayerPass pass) {
    int units = pass.units;
    int columns = pass.gateColumns;
    products.hiddenWeights(pass, pass.gates, columns, 0, 2 * units, 0);
    // Rn multiplied the saved r ∘ h of every step, the first one too.
    products.weights(
        pass,
        pass.gates + 2L * units * Float.BYTES,
        columns,
        units,
        pass.saved,
        units,
        pass.steps * pass.batch,
        pass.gradients.hidden() + 2L * units * units * Float.BYTES);
    if (pass.gradients.inputBias() != 0) {
      products.sumColumns(
          pass, pass.gates, columns, pass.gradients.inputBias(), pass.gradients.hiddenBias());
    }
  }
}
