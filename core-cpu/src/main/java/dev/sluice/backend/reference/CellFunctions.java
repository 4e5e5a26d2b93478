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

  double tanh(double x) {
    return rounding.functions().applyAsDouble(Math.tanh(x));
  }
}
