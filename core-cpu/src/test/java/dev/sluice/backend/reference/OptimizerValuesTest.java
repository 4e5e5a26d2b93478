package dev.sluice.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.UpdateRule;
import org.junit.jupiter.api.Test;

/**
 * Two steps of every optimiser rule, worked by hand for p = 2 and the gradients 1, then 3. Constants
 * are powers of two, so that they are exact in single precision too.
 */
class OptimizerValuesTest {
  private static final float NONE = Float.POSITIVE_INFINITY;

  private final Numbers numbers = new Numbers(4);
  private final ReferenceTensor applied = numbers.integers(0);

  /** p after one more step with learning rate 1/2 and no clipping. */
  private void step(UpdateRule rule, ReferenceTensor p, ReferenceTensor state, double gradient) {
    numbers
        .backend()
        .optimizers()
        .update(rule, p, numbers.vector(gradient), state, controls(1, NONE, NONE));
  }

  private Controls controls(double squares, float clipNorm, float clipValue) {
    return new Controls(numbers.vector(.5), applied, numbers.vector(squares), clipNorm, clipValue);
  }

  /** 2 - 1/2 · 1 = 1.5; 1.5 - 1/2 · 3 = 0. With decay 1/4: g = 1 + .5, p = 1.25. */
  @Test
  void sgd() {
    ReferenceTensor p = numbers.vector(2);
    step(new UpdateRule.Sgd(0, false, 0), p, null, 1);
    assertEquals(1.5, p.get(0));
    step(new UpdateRule.Sgd(0, false, 0), p, null, 3);
    assertEquals(0, p.get(0));
    ReferenceTensor decayed = numbers.vector(2);
    step(new UpdateRule.Sgd(0, false, .25f), decayed, null, 1);
    assertEquals(1.25, decayed.get(0));
  }

  /**
   * Momentum 1/2: v = 1, p = 1.5; v = .5 + 3 = 3.5, p = 1.5 - 1.75 = -.25. Nesterov: p = 2 - .5 (1 +
   * .5) = 1.25; p = 1.25 - .5 (3 + 1.75) = -1.125.
   */
  @Test
  void momentum() {
    for (boolean nesterov : new boolean[] {false, true}) {
      UpdateRule rule = new UpdateRule.Sgd(.5f, nesterov, 0);
      ReferenceTensor p = numbers.vector(2);
      ReferenceTensor v = numbers.zeros(1, 1);
      step(rule, p, v, 1);
      assertEquals(nesterov ? 1.25 : 1.5, p.get(0));
      assertEquals(1, v.get(0));
      step(rule, p, v, 3);
      assertEquals(nesterov ? -1.125 : -.25, p.get(0));
      assertEquals(3.5, v.get(0));
    }
  }

  /**
   * decay 3/4, epsilon 1/2: s = 1/4, p = 2 - .5 · 1 / (.5 + .5) = 1.5; s = 3/16 + 9/4 = 39/16, p = 1.5
   * - 1.5 / (√39/4 + 1/2).
   */
  @Test
  void rmsProp() {
    UpdateRule rule = new UpdateRule.RmsProp(.75f, .5f, 0);
    ReferenceTensor p = numbers.vector(2);
    ReferenceTensor s = numbers.zeros(1, 1);
    step(rule, p, s, 1);
    assertEquals(1.5, p.get(0));
    step(rule, p, s, 3);
    assertEquals(39.0 / 16, s.get(0));
    assertEquals(1.5 - 1.5 / (Math.sqrt(39) / 4 + .5), p.get(0), 1e-15);
  }

  /**
   * beta1 1/2, beta2 3/4, epsilon 1: m = 1/2, v = 1/4; m̂ = 1, v̂ = 1, p = 2 - .5 / (1 + 1) = 1.75.
   * Then m = 1/4 + 3/2 = 7/4, m̂ = 7/4 / (3/4) = 7/3; v = 3/16 + 9/4 = 39/16, v̂ = 39/16 / (7/16) =
   * 39/7; p = 1.75 - .5 · 7/3 / (√(39/7) + 1).
   *
   * <p>Decay 1/4 on the first step: inside, g = 1.5, m̂ = 1.5, v̂ = 2.25, p = 2 - .75 / 2.5 = 1.7;
   * decoupled, p = 2 - .5 · .25 · 2 - .25 = 1.5.
   */
  @Test
  void adam() {
    UpdateRule rule = new UpdateRule.Adam(.5f, .75f, 1, 0, false);
    ReferenceTensor p = numbers.vector(2);
    ReferenceTensor state = numbers.zeros(2, 1);
    step(rule, p, state, 1);
    assertEquals(1.75, p.get(0));
    step(rule, p, state, 3);
    assertArrayEquals(new double[] {7.0 / 4, 39.0 / 16}, state.values());
    assertEquals(1.75 - .5 * (7.0 / 3) / (Math.sqrt(39.0 / 7) + 1), p.get(0), 1e-15);

    for (boolean decoupled : new boolean[] {false, true}) {
      applied.upload(new int[] {0}, 0);
      ReferenceTensor decayed = numbers.vector(2);
      step(new UpdateRule.Adam(.5f, .75f, 1, .25f, decoupled), decayed, numbers.zeros(2, 1), 1);
      assertEquals(decoupled ? 1.5 : 1.7, decayed.get(0), 1e-15);
    }
  }

  /**
   * Gradients (3, -4): norm 5. clipNorm 2.5 halves them (up to the 1e-6), clipNorm 10 leaves them,
   * clipValue 1 limits them to (1, -1), both together act in that order: halves to (1.5, -2), then
   * limits to (1.5, -1.75).
   */
  @Test
  void clipping() {
    float[][] norms = {{2.5f, NONE}, {10, NONE}, {NONE, 1}, {2.5f, 1.75f}};
    double[][] expected = {{1.5, -2}, {3, -4}, {1, -1}, {1.5, -1.75}};
    ReferenceTensor gradients = numbers.vector(3, -4);
    ReferenceTensor squares = numbers.poisoned(1);
    numbers.backend().optimizers().sumOfSquares(gradients, squares);
    assertEquals(25, squares.get(0));
    for (int k = 0; k < norms.length; k++) {
      ReferenceTensor p = numbers.vector(0, 0);
      Controls controls = controls(25, norms[k][0], norms[k][1]);
      UpdateRule rule = new UpdateRule.Sgd(0, false, 0);
      numbers.backend().optimizers().update(rule, p, gradients, null, controls);
      double[] wanted = {-.5 * expected[k][0], -.5 * expected[k][1]};
      assertArrayEquals(wanted, p.values(), 1e-6);
    }
    assertEquals(4, applied.getInt(0));
  }

  /** A gradient that is not finite shows in the norm, and nothing changes. */
  @Test
  void nonFiniteGradientsAreNotApplied() {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      ReferenceTensor gradients = numbers.vector(1, bad);
      ReferenceTensor squares = numbers.zeros(1);
      numbers.backend().optimizers().sumOfSquares(gradients, squares);
      ReferenceTensor p = numbers.vector(2, 3);
      ReferenceTensor state = numbers.of(new double[] {4, 5, 6, 7}, 2, 2);
      Controls controls = new Controls(numbers.vector(.5), applied, squares, NONE, NONE);
      UpdateRule rule = new UpdateRule.Adam(.5f, .5f, 1, 0, false);
      numbers.backend().optimizers().update(rule, p, gradients, state, controls);
      assertArrayEquals(new double[] {2, 3}, p.values());
      assertArrayEquals(new double[] {4, 5, 6, 7}, state.values());
      assertEquals(0, applied.getInt(0));
    }
  }
}
