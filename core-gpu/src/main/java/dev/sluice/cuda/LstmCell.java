package dev.sluice.cuda;

/** LSTM: the product with R is added to the gates in place, then one kernel does the rest. */
final class LstmCell implements Cell {
  private final CudaRuntime runtime;
  private final CellProducts products;
  private final Kernel forward;
  private final Kernel backward;

  LstmCell(CudaRuntime runtime, CellProducts products) {
    this.runtime = runtime;
    this.products = products;
    forward = runtime.kernel("sluice_lstm_forward_f32");
    backward = runtime.kernel("sluice_lstm_backward_f32");
  }

  @Override
  public void forward(LayerPass pass, int t) {
    if (!pass.hasZeroState(t)) {
      int columns = pass.gateColumns;
      products.forward(pass, pass.state, 0, columns, 1, pass.gatesAt(t), columns);
    }
    runtime
        .begin(forward)
        .pointer(pass.gatesAt(t))
        .pointer(0)
        .pointer(pass.weights.inputBias())
        .pointer(pass.weights.hiddenBias())
        .pointer(pass.cellBefore(t))
        .pointer(pass.savedAt(t))
        .pointer(pass.state)
        .pointer(0)
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
        .begin(backward)
        .pointer(pass.gatesAt(t))
        .pointer(pass.outputGradientAt(t))
        .pointer(pass.stateGradient)
        .pointer(pass.cellGradient)
        .pointer(pass.cellBefore(t))
        .pointer(pass.savedAt(t))
        .pointer(pass.lengths)
        .count(pass.outputStride)
        .integer(pass.batch)
        .integer(pass.units)
        .integer(t)
        .integer(pass.pack)
        .launch(pass.lane, pass.unitBlocks());
    if (stateWanted) {
      int columns = pass.gateColumns;
      products.backward(pass, pass.gatesAt(t), columns, 0, columns, 1, pass.stateGradient);
    }
  }

  @Override
  public void weightGradients(LayerPass pass) {
    int columns = pass.gateColumns;
    products.hiddenWeights(pass, pass.gates, columns, 0, columns, 0);
    if (pass.gradients.inputBias() != 0) { // both biases are added to the same sum
      products.sumColumns(
          pass, pass.gates, columns, pass.gradients.inputBias(), pass.gradients.hiddenBias());
    }
  }
}
