package dev.sluice.cuda;

/**
 * GRU with the reset gate before the recurrent product: a step is two products, each with a kernel
 * behind it, since Rn multiplies r ∘ h.
 */
final class GruBeforeCell implements Cell {
  private final CudaRuntime runtime;
  private final CellProducts products;
  private final TypedKernel reset;
  private final TypedKernel output;
  private final TypedKernel outputBackward;
  private final TypedKernel resetBackward;

  GruBeforeCell(CudaRuntime runtime, CellProducts products) {
    this.runtime = runtime;
    this.products = products;
    reset = TypedKernel.of(runtime, "gru_before_reset");
    output = TypedKernel.of(runtime, "gru_before_output");
    outputBackward = TypedKernel.of(runtime, "gru_before_output_backward");
    resetBackward = TypedKernel.of(runtime, "gru_before_reset_backward");
  }

  @Override
  public void forward(LayerPass pass, int t) {
    int units = pass.units;
    boolean zero = pass.hasZeroState(t);
    long candidate = pass.product + 2L * pass.batch * units * Float.BYTES;
    if (!zero) {
      products.forward(pass, pass.stateOperand(), 0, 2 * units, 0, pass.product, 2 * units);
    }
    runtime
        .begin(reset.of(pass.type))
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
        .begin(output.of(pass.type))
        .pointer(pass.gatesAt(t))
        .pointer(zero ? 0 : candidate)
        .pointer(pass.weights.inputBias())
        .pointer(pass.weights.hiddenBias())
        .pointer(pass.state)
        .pointer(pass.hidden)
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
        .begin(outputBackward.of(pass.type))
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
    long candidate = pass.gatesAt(t) + pass.bytes(2L * units);
    products.backward(pass, candidate, columns, 2 * units, units, 0, pass.stepGradient);
    runtime
        .begin(resetBackward.of(pass.type))
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
        pass.gates + pass.bytes(2L * units),
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
