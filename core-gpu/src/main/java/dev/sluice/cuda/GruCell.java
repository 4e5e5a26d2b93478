package dev.sluice.cuda;

/**
 * GRU with the reset gate after the recurrent product. The product with R stays apart from the
 * input's, since r multiplies only it; what backward needs of it, Rn h + dn, is kept.
 */
final class GruCell implements Cell {
  private final CudaRuntime runtime;
  private final CellProducts products;
  private final TypedKernel forward;
  private final TypedKernel backward;

  GruCell(CudaRuntime runtime, CellProducts products) {
    this.runtime = runtime;
    this.products = products;
    forward = TypedKernel.of(runtime, "gru_forward");
    backward = TypedKernel.of(runtime, "gru_backward");
  }

  @Override
  public void forward(LayerPass pass, int t) {
    boolean zero = pass.hasZeroState(t);
    if (!zero) {
      int columns = pass.gateColumns;
      products.forward(pass, pass.stateOperand(), 0, columns, 0, pass.product, columns);
    }
    runtime
        .begin(forward.of(pass.type))
        .pointer(pass.gatesAt(t))
        .pointer(zero ? 0 : pass.product)
        .pointer(pass.weights.inputBias())
        .pointer(pass.weights.hiddenBias())
        .pointer(pass.state)
        .pointer(pass.savedAt(t))
        .pointer(pass.hidden)
        .pointer(pass.outputAt(t))
        .pointer(pass.lengths)
        .count(pass.outputStride)
        .integer(pass.batch)
        .integer(pass.units)
        .integer(t)
        .integer(pass.pack)
        .launch(pass.lane, pass.unitBlocks());
  }

  @Override
  public void backward(LayerPass pass, int t, boolean stateWanted) {
    runtime
        .begin(backward.of(pass.type))
        .pointer(pass.gatesAt(t))
        .pointer(pass.savedAt(t))
        .pointer(pass.stepGradient)
        .pointer(pass.outputGradientAt(t))
        .pointer(pass.stateGradient)
        .pointer(pass.isFirst(t) ? 0 : pass.outputAt(pass.before(t)))
        .pointer(pass.initialState)
        .pointer(pass.lengths)
        .count(pass.outputStride)
        .count(pass.outputStride)
        .integer(pass.batch)
        .integer(pass.units)
        .integer(t)
        .integer(pass.reverse ? 1 : 0)
        .integer(pass.pack)
        .launch(pass.lane, pass.unitBlocks());
    if (stateWanted) {
      int columns = pass.gateColumns;
      products.backward(pass, pass.stepGradient, columns, 0, columns, 1, pass.stateGradient);
    }
  }

  @Override
  public void weightGradients(LayerPass pass) {
    int units = pass.units;
    int columns = pass.gateColumns;
    // R's r and z rows get the gates' gradients, its n rows those that passed through r.
    products.hiddenWeights(pass, pass.gates, columns, 0, 2 * units, 0);
    products.hiddenWeights(pass, pass.saved, units, 0, units, 2 * units);
    if (pass.gradients.inputBias() != 0) {
      long hiddenBias = pass.gradients.hiddenBias();
      pass.weightLane.clear(pass.biasSum, (long) columns * Float.BYTES);
      products.sumColumns(pass, pass.gates, columns, pass.biasSum, 0);
      products.add(pass, pass.biasSum, pass.gradients.inputBias(), columns);
      products.add(pass, pass.biasSum, hiddenBias, 2 * units);
      products.sumColumns(pass, pass.saved, units, hiddenBias + 2L * units * Float.BYTES, 0);
    }
  }
}
