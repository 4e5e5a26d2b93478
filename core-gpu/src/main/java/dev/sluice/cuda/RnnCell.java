package dev.sluice.cuda;

/** RNN with tanh or max(0, ·): as the LSTM, with one gate and no cell state. */
final class RnnCell implements Cell {
  private final CudaRuntime runtime;
  private final CellProducts products;
  private final int relu;
  private final TypedKernel forward;
  private final TypedKernel backward;

  RnnCell(CudaRuntime runtime, CellProducts products, boolean relu) {
    this.runtime = runtime;
    this.products = products;
    this.relu = relu ? 1 : 0;
    forward = TypedKernel.of(runtime, "rnn_forward");
    backward = TypedKernel.of(runtime, "rnn_backward");
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
        .pointer(pass.state)
        .pointer(pass.hidden)
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
        .begin(backward.of(pass.type))
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
