package dev.sluice.backend.reference;

import java.util.function.DoubleUnaryOperator;

/**
 * The elementary functions of the cells.
 *
 * @param rounding what each of their values passes through; the identity in the specification itself
 */
record CellFunctions(DoubleUnaryOperator rounding) {
  double sigmoid(double x) {
    return rounding.applyAsDouble(ReferenceElements.sigmoid(x));
  }

  double tanh(double x) {
    return rounding.applyAsDouble(Math.tanh(x));
  }
}
