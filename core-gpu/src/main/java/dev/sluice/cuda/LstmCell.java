package dev.sluice.cuda;

/** LSTM: one product with R, then one kernel does the rest of a step. */
final class LstmCell implements Cell {
  private final CudaRuntime runtime;
  private final CellProducts products;
  private final TypedKernel forward;
  private final TypedKernel backward;

  LstmCell(CudaRuntime runtime, CellProducts products) {
    this.runtime = runtime;
    this.products = products;
    forward = TypedKernel.of(runtime, "lstm_forward");
    backward = TypedKernel.of(runtime, "lstm_backward");
  }

  @Override
  public void forward(LayerPass pass, int t) {
    long recurrent = products.recurrent(pass, t);
    runtime
        .begin(forward.of(pass.type))
        .pointer(pass.gatesAt(t))
        .pointer(recurrent)
        .pointer(pass.weights.inputBias())
        .pointer(pass.weights.hiddenBias())
        .pointer(pass.cellBefore(t))
        .pointer(pass.savedAt(t))
        .pointer(pass.state)
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
