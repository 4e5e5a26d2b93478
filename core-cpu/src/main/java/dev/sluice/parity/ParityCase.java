package dev.sluice.parity;

/**
 * One line of the parity table.
 *
 * @param operation of the contract, for example {@code gemm}
 * @param option which of its options, for example {@code A transposed, beta 0}
 * @param size of its arguments, for example {@code M=7 N=8 K=9}
 */
public record ParityCase(String operation, String option, String size) {
  @Override
  public String toString() {
    return operation + " | " + option + " | " + size;
  }
}
