package dev.sluice.task;

/** A text cut into windows of B parallel streams, to evaluate on. */
interface EvaluationText {
  /** B. */
  int batch();

  /** T. */
  int steps();

  /** Number of windows; the state is carried from one to the next. */
  long windows();

  /**
   * Writes one window, time-major; entries past a stream's end are -1.
   *
   * @param inputs receives [T, B]
   * @param targets receives [T, B], each input's next token
   */
  void fill(long window, int[] inputs, int[] targets);

  /** Number of targets. */
  long tokens();

  /** Unicode code points that all targets stand for. */
  long characters();

  /** Number of targets that are outside the vocabulary. */
  long unknownTokens();
}
