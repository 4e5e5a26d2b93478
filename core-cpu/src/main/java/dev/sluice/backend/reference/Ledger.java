package dev.sluice.backend.reference;

/** Counts the bytes that the tensors and plans of one backend hold. */
final class Ledger {
  private long bytes;

  void add(long amount) {
    bytes += amount;
  }

  void remove(long amount) {
    bytes -= amount;
  }

  void clear() {
    bytes = 0;
  }

  long bytes() {
    return bytes;
  }
}
