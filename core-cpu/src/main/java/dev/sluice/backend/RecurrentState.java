package dev.sluice.backend;

/**
 * The state of a stack of recurrent layers between two steps.
 *
 * @param h outputs, [L·D, B, H]
 * @param c cell states, [L·D, B, H]; null for cells without one
 */
public record RecurrentState(Tensor h, Tensor c) implements AutoCloseable {
  /** A zeroed state. */
  public static RecurrentState allocate(Backend backend, RecurrentSpec spec, int batch) {
    Shape shape = spec.stateShape(batch);
    Parts parts = new Parts();
    Tensor h = parts.add(() -> backend.allocate(DType.FLOAT32, shape));
    boolean hasCellState = spec.cell().hasCellState();
    Tensor c = hasCellState ? parts.add(() -> backend.allocate(DType.FLOAT32, shape)) : null;
    return new RecurrentState(h, c);
  }

  /** Frees both; closing twice does nothing. */
  @Override
  public void close() {
    h.close();
    if (c != null) {
      c.close();
    }
  }
}
