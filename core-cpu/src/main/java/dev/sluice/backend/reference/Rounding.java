package dev.sluice.backend.reference;

import java.util.function.DoubleUnaryOperator;

/**
 * Where a reference that is not exact rounds: the points where other backends do. Each is what the
 * numbers at those points pass through.
 *
 * @param functions every value of a sigmoid or tanh within a recurrent cell
 * @param operands every factor of a matrix product, as it is multiplied
 * @param stored what recurrent layers keep in the operands' own type: products with the input,
 *     gates and other saved values, outputs, and their gradients; not the states h and c, from which
 *     the next step goes on
 */
public record Rounding(
    DoubleUnaryOperator functions, DoubleUnaryOperator operands, DoubleUnaryOperator stored) {
  /** None anywhere: the specification. */
  public static final Rounding NONE = ofFunctions(DoubleUnaryOperator.identity());

  /** Of elementary functions only. */
  public static Rounding ofFunctions(DoubleUnaryOperator functions) {
    DoubleUnaryOperator exact = DoubleUnaryOperator.identity();
    return new Rounding(functions, exact, exact);
  }

  double operand(double x) {
    return operands.applyAsDouble(x);
  }

  double stored(double x) {
    return stored.applyAsDouble(x);
  }

  /** Every number of an array as it is stored, in place. */
  void store(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = stored.applyAsDouble(values[i]);
    }
  }
}
