package dev.sluice.backend;

/**
 * The state of a stack of recurrent layers between two steps.
 *
 * @param h outputs, [L·D, B, H]
 * @param c cell states, [L·D, B, H]; null for cells without one
 */
public record RecurrentState(Tensor h, Tensor c) {
  /** A zeroed state. */
  public static RecurrentState allocate(Backend backend, RecurrentSpec spec, int batch) {
    Shape shape = spec.stateShape(batch);
    Tensor h = backend.allocate(DType.FLOAT32, shape);
    Tensor c = spec.cell().hasCellState() ? backend.allocate(DType.FLOAT32, shape) : null;
    return new RecurrentState(h, c);
  }
}
