package dev.sluice.parity;

/**
 * A number together with a bound on the error that single precision has in it by then: running error
 * analysis (Wilkinson; Higham 2002, section 3.3). Every operation passes the errors of its operands
 * on and adds its own rounding twice, so that another order of the same operations, or a constant
 * rounded beforehand, stays within the bound.
 *
 * @param value exact
 * @param error how far off single precision may be
 */
record Rounded(double value, double error) {
  /** One rounding, twice. */
  private static final double STEP = 2 * Bound.UNIT;

  /** A number that single precision has exactly. */
  static Rounded of(double value) {
    return new Rounded(value, 0);
  }

  private static Rounded result(double value, double passedOn) {
    double error = passedOn + STEP * (Math.abs(value) + passedOn) + Bound.LEAST;
    return new Rounded(value, error);
  }

  double magnitude() {
    return Math.abs(value);
  }

  Rounded plus(Rounded other) {
    return result(value + other.value, error + other.error);
  }

  Rounded minus(Rounded other) {
    return result(value - other.value, error + other.error);
  }

  Rounded times(Rounded other) {
    return result(
        value * other.value,
        magnitude() * other.error + other.magnitude() * error + error * other.error);
  }

  Rounded times(double factor) {
    return times(of(factor));
  }

  /** The quotient; infinitely wrong when the divisor might be 0. */
  Rounded over(Rounded other) {
    double least = other.magnitude() - other.error;
    double quotient = value / other.value;
    double passedOn =
        least > 0 ? (error + Math.abs(quotient) * other.error) / least : Double.POSITIVE_INFINITY;
    return result(quotient, passedOn);
  }

  Rounded over(double divisor) {
    return over(of(divisor));
  }

  /** The root; its error is the width of the interval of possible roots. */
  Rounded sqrt() {
    double width = Math.sqrt(value + error) - Math.sqrt(Math.max(0, value - error));
    return result(Math.sqrt(value), width);
  }

  Rounded exp() {
    double power = Math.exp(value);
    return new Rounded(
        power,
        power * (Math.expm1(error) * (1 + Bound.FUNCTION) + Bound.FUNCTION) + Bound.VANISHING);
  }

  Rounded log() {
    double logarithm = Math.log(value);
    double passedOn = -Math.log1p(-Math.min(error / value, 1));
    return new Rounded(logarithm, passedOn + Bound.FUNCTION * (Math.abs(logarithm) + Bound.UNIT));
  }

  /** Limits it to ±bound, which makes no error larger. */
  Rounded clamp(double bound) {
    return new Rounded(Math.clamp(value, -bound, bound), error);
  }

  /** The same with more error. */
  Rounded widened(double more) {
    return new Rounded(value, error + more);
  }

  /** A sum in any order. */
  static Rounded sum(Rounded... terms) {
    double sum = 0;
    double magnitudes = 0;
    double errors = 0;
    for (Rounded term : terms) {
      sum += term.value;
      magnitudes += term.magnitude();
      errors += term.error;
    }
    return new Rounded(sum, errors + Bound.gamma(terms.length) * (magnitudes + errors));
  }
}
