package dev.sluice.data;

import java.util.Optional;

/**
 * The parts of a divided corpus, ready to train on.
 *
 * @param training windows to train on
 * @param validation windows to validate on, if any were held out
 * @param test windows for the final test, if any were held out
 */
public record TokenSplit(Part training, Optional<Part> validation, Optional<Part> test) {
  /**
   * One part.
   *
   * @param windows over its tokens
   * @param charactersPerToken length of the text in Unicode code points over its number of tokens;
   *     a loss of x nats a token is {@code x / ln 2 / charactersPerToken} bits a character
   */
  public record Part(TokenWindows windows, double charactersPerToken) {}
}
