package dev.sluice.task;

/**
 * How well a model predicts a text.
 *
 * @param nats sum over all predicted tokens of -ln p(token)
 * @param tokens that were predicted
 * @param characters Unicode code points that those tokens stand for
 * @param unknownTokens how many of those tokens are outside the vocabulary
 */
public record TextScore(double nats, long tokens, long characters, long unknownTokens) {
  /** Mean loss of a token, -ln p. */
  public double natsPerToken() {
    return nats / tokens;
  }

  /** e to the mean loss: among how many equally likely tokens the model is torn. */
  public double perplexity() {
    return Math.exp(natsPerToken());
  }

  /**
   * Bits that coding one character with the model's predictions takes: comparable between
   * tokenizers.
   */
  public double bitsPerCharacter() {
    return nats / Math.log(2) / characters;
  }
}
