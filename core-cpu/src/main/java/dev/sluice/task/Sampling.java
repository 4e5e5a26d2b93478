package dev.sluice.task;

/**
 * How the next token is drawn from a model's prediction: first the k most likely are kept, then the
 * fewest of these whose probabilities reach p, then one is drawn.
 *
 * @param temperature divides the logits, at least 0: below 1 favours the likely, above 1 the
 *     unlikely; 0 always takes the most likely
 * @param topK how many tokens are kept, at least 1; 0 keeps all
 * @param topP probability that the kept tokens must reach, above 0 and at most 1; 1 keeps all
 *     (nucleus sampling, Holtzman et al. 2020)
 * @param seed the same seed draws the same text
 */
public record Sampling(double temperature, int topK, double topP, long seed) {
  /** All tokens, temperature 0.8, seed 1. */
  public static final Sampling DEFAULT = new Sampling(0.8, 0, 1, 1);

  public Sampling {
    if (!(temperature >= 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "the temperature must be at least 0 and finite, not " + temperature);
    }
    if (topK < 0) {
      throw new IllegalArgumentException("top-k must be at least 0, not " + topK);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top-p must be above 0 and at most 1, not " + topP);
    }
  }

  /** The same with another temperature. */
  public Sampling withTemperature(double value) {
    return new Sampling(value, topK, topP, seed);
  }

  /** The same with another seed. */
  public Sampling withSeed(long value) {
    return new Sampling(temperature, topK, topP, value);
  }
}
