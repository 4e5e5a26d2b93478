package dev.sluice.backend;

/**
 * A call of a device's driver or library failed in a way that no argument explains: the device or
 * its driver is in a bad state, or a kernel has a fault. The backend cannot be used any more.
 */
public class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * An exception.
   *
   * @param message the call, what it worked on, its code, and what that means
   */
  public DeviceException(String message) {
    super(message);
  }
}
