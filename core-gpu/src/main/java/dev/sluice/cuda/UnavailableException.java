package dev.sluice.cuda;

/** Why CUDA cannot be used here: one sentence with the remedy. */
final class UnavailableException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  UnavailableException(String sentence) {
    super(sentence);
  }

  UnavailableException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
