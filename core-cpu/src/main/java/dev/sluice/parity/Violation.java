package dev.sluice.parity;

/** A backend wrote where it may not. */
final class Violation extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Violation(String message) {
    super(message);
  }
}
