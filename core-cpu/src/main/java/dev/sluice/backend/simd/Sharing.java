package dev.sluice.backend.simd;

/**
 * How the steps of a recurrent layer are shared among the team. No element is summed by two members,
 * so the choice changes the speed and never the result.
 *
 * @param parts members that take part
 * @param byUnits whether each member owns a range of hidden units, with a barrier a step for the
 *     exchange of h; else each owns some of the sequences and needs nobody
 */
record Sharing(int parts, boolean byUnits) {
  /** Multiplications a member must have in the whole pass: about 10 µs of work. */
  private static final long PASS_WORK = 500_000;

  /** Multiplications a member must have between two barriers, which cost about 0.3 µs. */
  private static final long STEP_WORK = 200_000;

  /**
   * Recurrent weights up to this many floats are read by every member, each for its own sequences.
   * Measured on two Zen 4 cores, training GFLOP/s by units and by sequences: H = 256 175 and 190, H =
   * 512 179 and 195, H = 1024 174 and 166.
   */
  private static final long CACHED_WEIGHTS = 1_200_000;

  /**
   * Chooses for one layer.
   *
   * @param gateColumns G·H
   * @param inputSize I of this layer
   */
  static Sharing of(int team, int steps, int batch, int hidden, int gateColumns, int inputSize) {
    long stepWork = (long) batch * gateColumns * hidden;
    long passWork = (long) steps * batch * gateColumns * (hidden + inputSize);
    int panels = PackedPanels.panels(hidden);
    int unitParts = Math.clamp(stepWork / STEP_WORK, 1, Math.min(team, panels));
    int rowParts = Math.clamp(passWork / PASS_WORK, 1, Math.min(team, Math.max(1, batch / 4)));
    boolean cached = (long) gateColumns * hidden <= CACHED_WEIGHTS;
    if (unitParts > 1 && (unitParts > rowParts || !cached)) {
      return new Sharing(unitParts, true);
    }
    return new Sharing(rowParts, false);
  }

  /** First sequence of a part. */
  int rowFrom(int part, int batch) {
    return byUnits ? 0 : batch * part / parts;
  }

  /** End of a part's sequences. */
  int rowTo(int part, int batch) {
    return byUnits ? batch : batch * (part + 1) / parts;
  }

  /** First panel of units of a part. */
  int panelFrom(int part, int panels) {
    return byUnits ? panels * part / parts : 0;
  }

  /** End of a part's panels. */
  int panelTo(int part, int panels) {
    return byUnits ? panels * (part + 1) / parts : panels;
  }
}
