package dev.sluice.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TokenSamplerTest {
  /** Probabilities 0.4, 0.1, 0.3, 0.2. */
  private static final float[] LOGITS = logs(0.4, 0.1, 0.3, 0.2);

  private static float[] logs(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) Math.log(probabilities[i]);
    }
    return logits;
  }

  private static double[] shares(Sampling sampling, int draws) {
    TokenSampler sampler = new TokenSampler(sampling, LOGITS.length);
    double[] shares = new double[LOGITS.length];
    for (int i = 0; i < draws; i++) {
      shares[sampler.next(LOGITS)] += 1.0 / draws;
    }
    return shares;
  }

  @Test
  void tokensComeAsOftenAsTheirProbability() {
    assertArrayEquals(
        new double[] {0.4, 0.1, 0.3, 0.2}, shares(new Sampling(1, 0, 1, 5), 40_000), 0.01);
  }

  /** p^(1/T), normalised: at T = 0.5 the squares 16 : 1 : 9 : 4 of 30. */
  @Test
  void theTemperatureSharpensTheProbabilities() {
    assertArrayEquals(
        new double[] {16 / 30.0, 1 / 30.0, 9 / 30.0, 4 / 30.0},
        shares(new Sampling(0.5, 0, 1, 5), 40_000),
        0.01);
  }

  @Test
  void temperatureZeroTakesTheLikeliestAndTheFirstOfEquals() {
    TokenSampler sampler = new TokenSampler(new Sampling(0, 0, 1, 1), 3);
    assertEquals(1, sampler.next(new float[] {1, 2, 2}));
    assertEquals(0, sampler.next(new float[] {3, 2, 2}));
  }

  @Test
  void topKKeepsTheKLikeliest() {
    assertArrayEquals(
        new double[] {4 / 7.0, 0, 3 / 7.0, 0}, shares(new Sampling(1, 2, 1, 5), 40_000), 0.01);
    assertArrayEquals(new double[] {1, 0, 0, 0}, shares(new Sampling(1, 1, 1, 5), 100), 1e-9);
  }

  /** 0.4 + 0.3 reaches 0.65, 0.4 alone does not. */
  @Test
  void topPKeepsTheFewestThatReachIt() {
    assertArrayEquals(
        new double[] {4 / 7.0, 0, 3 / 7.0, 0}, shares(new Sampling(1, 0, 0.65, 5), 40_000), 0.01);
    assertArrayEquals(new double[] {1, 0, 0, 0}, shares(new Sampling(1, 0, 0.39, 5), 100), 1e-9);
  }

  @Test
  void theSeedDecides() {
    TokenSampler first = new TokenSampler(new Sampling(1, 0, 1, 7), 4);
    TokenSampler same = new TokenSampler(new Sampling(1, 0, 1, 7), 4);
    TokenSampler other = new TokenSampler(new Sampling(1, 0, 1, 8), 4);
    boolean differs = false;
    for (int i = 0; i < 50; i++) {
      int token = first.next(LOGITS);
      assertEquals(token, same.next(LOGITS));
      differs |= token != other.next(LOGITS);
    }
    assertTrue(differs);
  }

  @Test
  void anImpossibleTokenNeverComes() {
    float[] logits = {Float.NEGATIVE_INFINITY, 0, 0};
    TokenSampler sampler = new TokenSampler(new Sampling(5, 0, 1, 7), 3);
    for (int i = 0; i < 1000; i++) {
      assertTrue(sampler.next(logits) > 0);
    }
  }

  @Test
  void settingsOutOfRangeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Sampling(-1, 0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Sampling(Double.NaN, 0, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Sampling(1, -1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Sampling(1, 0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> new Sampling(1, 0, 1.1, 1));
  }
}
