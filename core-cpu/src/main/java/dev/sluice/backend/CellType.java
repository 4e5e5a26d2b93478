package dev.sluice.backend;

/** The recurrent cells; their equations stand at {@link RecurrentOps}. */
public enum CellType {
  /** Long short-term memory; gates i, f, g, o. */
  LSTM(4, true),
  /** Gated recurrent unit; gates r, z, n. */
  GRU(3, false),
  /** Elman network with tanh. */
  RNN_TANH(1, false),
  /** Elman network with max(0, x). */
  RNN_RELU(1, false);

  private final int gates;
  private final boolean hasCellState;

  CellType(int gates, boolean hasCellState) {
    this.gates = gates;
    this.hasCellState = hasCellState;
  }

  /** G: how many blocks of H rows the weight matrices have. */
  public int gates() {
    return gates;
  }

  /** Whether the cell keeps a state c beside its output h. */
  public boolean hasCellState() {
    return hasCellState;
  }
}
