package dev.sluice.cuda;

/** The standard path: in each step the cell's products and kernels. */
record StepLoop(Cell cell) implements TimeLoop {
  @Override
  public void forward(LayerPass pass, int from, int to) {
    for (int s = from; s < to; s++) {
      cell.forward(pass, pass.time(s));
    }
  }

  @Override
  public void backward(LayerPass pass, int from, int to, boolean stateWanted) {
    for (int s = to - 1; s >= from; s--) {
      cell.backward(pass, pass.time(s), s > 0 || stateWanted);
    }
  }
}
