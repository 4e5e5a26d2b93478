package dev.sluice.backend.reference;

/**
 * The elementary functions of the cells.
 *
 * @param rounding what their values pass through
 */
record CellFunctions(Rounding rounding) {
  double sigmoid(double x) {
    return rounding.functions().applyAsDouble(ReferenceElements.sigmoid(x));
  }

  /** A gate as a later part of the same step finds it, when it is kept in between. */
  double kept(double gate) {
    return rounding.stored(gate);
  }

  double tanh(double x) {
    return rounding.functions().applyAsDouble(Math.tanh(x));
  }
}
