package dev.sluice.cli;

/** The command line or a configuration asks for something that makes no sense: exit code 2. */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Wrong usage.
   *
   * @param message one sentence: what is wrong and what would be right
   */
  public UsageException(String message) {
    super(message);
  }
}
