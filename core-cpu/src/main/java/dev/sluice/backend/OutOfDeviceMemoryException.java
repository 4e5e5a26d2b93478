package dev.sluice.backend;

/** A tensor or plan does not fit into the device's memory. */
public final class OutOfDeviceMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message how much was asked for, how much is free, and what would fit
   */
  public OutOfDeviceMemoryException(String message) {
    super(message);
  }
}
