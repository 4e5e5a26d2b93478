package dev.sluice.cuda;

/** RNN with tanh or max(0, ·): as the LSTM, with one gate and no cell state. */
final class RnnCell implements Cell {
  private final CudaRuntime runtime;
  private final CellProducts products;
  private final int relu;
  private final Kernel forward;
  private final Kernel backward;

  RnnCell(CudaRuntime runtime, CellProducts products, boolean relu) {
    this.runtime = runtime;
    this.products = products;
    this.relu = relu ? 1 : 0;
    forward = runtime.kernel("sluice_rnn_forward_f32");
    backward = runtime.kernel("sluice_rnn_backward_f32");
  }

  @Override
  public void forward(LayerPass pass, int t) {
    if (!pass.hasZeroState(t)) {
      products.forward(pass, pass.state, 0, pass.units, 1, pass.gatesAt(t), pass.units);
    }
    runtime
        .begin(forward)
        .pointer(pass.gatesAt(t))
        .pointer(0)
        .pointer(pass.weights.inputBias())
        .pointer(pass.weights.hiddenBias())
        .pointer(pass.state)
        .pointer(0)
        .pointer(pass.outputAt(t))
        .pointer(pass.lengths)
        .count(pass.outputStride)
        .integer(pass.batch)
        .integer(pass.units)
        .integer(t)
        .integer(pass.pack)
        .integer(relu)
        .launch(pass.lane, pass.unitBlocks());
  }

  @Override
  public void backward(LayerPass pass, int t, boolean stateWanted) {
    runtime
        .begin(backward)
        .pointer(pass.gatesAt(t))
        .pointer(pass.outputGradientAt(t))
        .pointer(pass.stateGradient)
        .pointer(pass.lengths)
        .count(pass.outputStride)
        .integer(pass.batch)
        .integer(pass.units)
        .integer(t)
        .integer(pass.pack)
        .integer(relu)
        .launch(pass.lane, pass.unitBlocks());
    if (stateWanted) {
      products.backward(pass, pass.gatesAt(t), pass.units, 0, pass.units, 1, pass.stateGradient);
    }
  }

  @Override
  public void weightGradients(LayerPass pass) {
    products.hiddenWeights(pass, pass.gates, pass.units, 0, pass.units, 0);
    if (pass.gradients.inputBias() != 0) {
      products.sumColumns(
          pass, pass.gates, pass.units, pass.gradients.inputBias(), pass.gradients.hiddenBias());
    }
  }
}
