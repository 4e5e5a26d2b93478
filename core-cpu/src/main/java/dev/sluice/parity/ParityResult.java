package dev.sluice.parity;

/**
 * How far a backend is from the reference in one case.
 *
 * @param parityCase which
 * @param error the absolute error of the element that comes closest to its bound, or passes it most;
 *     NaN when a number is missing
 * @param bound what that element may be off
 * @param passed whether every element lies within its bound
 * @param message empty when passed, else what is wrong
 */
public record ParityResult(
    ParityCase parityCase, double error, double bound, boolean passed, String message) {
  static ParityResult failed(ParityCase parityCase, String message) {
    return new ParityResult(parityCase, Double.NaN, Double.NaN, false, message);
  }
}
