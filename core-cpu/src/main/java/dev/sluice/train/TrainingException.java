package dev.sluice.train;

/** A run ended in a failure: its message says in one sentence which, and what is left. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient TrainingResult result;

  /**
   * A failure at the end of a run.
   *
   * @param message what happened and what to do about it
   * @param result how far the run came
   * @param cause or null
   */
  public TrainingException(String message, TrainingResult result, Throwable cause) {
    super(message, cause);
    this.result = result;
  }

  /** How far the run came; null after deserialisation. */
  public TrainingResult result() {
    return result;
  }
}
