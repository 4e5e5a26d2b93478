package dev.sluice.data;

/** How a part of a corpus is held out to validate and test on. */
public enum SplitMethod {
  /**
   * Whole documents are held out: what is measured is text from files never seen.
   *
   * <p>An order of the documents is drawn from the seed and their texts, so it depends neither on
   * their names nor on the order in which they were read. In that order each one that still fits
   * into the validation part's share of the characters goes there until the share is nine tenths
   * full, then the same for the test part; a part whose share is smaller than every document gets
   * the smallest left.
   */
  DOCUMENTS,

  /** The end of the text, all documents put together, is held out: training, validation, test. */
  TAIL,

  /**
   * The text is cut into as many streams as a batch has sequences, and the last windows of every
   * stream are held out, so that validation continues the streams. This is the split of char-rnn
   * (Karpathy 2015). The vocabulary comes from the whole text.
   */
  STREAMS
}
