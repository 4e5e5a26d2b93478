package dev.sluice.backend.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import org.junit.jupiter.api.Test;

/**
 * One step of every cell, worked by hand. The weights are chosen so that each gate comes out as a
 * short fraction: σ(ln 3) = 3/4, σ(ln 4) = 4/5, σ(ln 9) = 9/10, σ(0) = 1/2, tanh(ln 2) = 3/5, tanh(ln
 * 3) = 4/5.
 */
class CellValuesTest {
  private static final double LN2 = Math.log(2);
  private static final double LN3 = Math.log(3);
  private static final double LN4 = Math.log(4);
  private static final double LN9 = Math.log(9);
  private static final double TINY = 1e-14;

  private final Numbers numbers = new Numbers(1);

  /** Results of one step and of its backward for one sequence, I = 1. */
  private final class Step {
    final ReferenceTensor y;
    final ReferenceTensor lastH;
    final ReferenceTensor lastC;
    final ReferenceTensor dx = numbers.poisoned(1, 1, 1);
    final ReferenceTensor dH;
    final ReferenceTensor dC;
    final ReferenceTensor dWeights;

    Step(
        RecurrentSpec spec,
        double[] weights,
        double x,
        double[] h,
        double[] c,
        double[] dy,
        double[] dNextC) {
      int units = spec.hiddenSize();
      y = numbers.poisoned(1, 1, units);
      lastH = numbers.poisoned(1, 1, units);
      dH = numbers.poisoned(1, 1, units);
      lastC = c == null ? null : numbers.poisoned(1, 1, units);
      dC = c == null ? null : numbers.poisoned(1, 1, units);
      dWeights = numbers.zeros(weights.length);
      RecurrentState initial = state(h, c);
      RecurrentState dLast = state(new double[units], dNextC);
      try (RecurrentPlan plan = numbers.backend().recurrent().plan(spec, 1, 1, true)) {
        plan.forward(
            numbers.vector(weights),
            numbers.of(new double[] {x}, 1, 1, 1),
            null,
            initial,
            y,
            new RecurrentState(lastH, lastC),
            null);
        plan.backward(numbers.of(dy, 1, 1, units), dLast, dx, new RecurrentState(dH, dC), dWeights);
      }
    }

    private RecurrentState state(double[] h, double[] c) {
      return new RecurrentState(
          numbers.of(h, 1, 1, h.length), c == null ? null : numbers.of(c, 1, 1, c.length));
    }
  }

  /**
   * Two units, x = 2, h = (1, 0), so that unit 1 gets half of each pre-activation a from W x, and one
   * sixth each from R h, b and d; unit 2 the same from W x, b and d (5/6 a) plus a/6 from R h.
   *
   * <pre>
   *   unit 1: i = σ(ln 3) = .75, f = σ(ln 4) = .8, g = tanh(ln 2) = .6, o = σ(ln 9) = .9
   *   c = 1:  c' = .8 · 1 + .75 · .6 = 1.25            h' = .9 · tanh(1.25)
   *   unit 2: all pre-activations 0: i = f = o = .5, g = 0
   *   c = 2 ln 3: c' = ln 3                            h' = .5 · tanh(ln 3) = .4
   * </pre>
   *
   * Backward with dh' = (0, 1), dc' = (2, .5):
   *
   * <pre>
   *   unit 1: e = 2     δi = 2 · .6 · .75 · .25 = .225    δf = 2 · 1 · .8 · .2 = .32
   *                     δg = 2 · .75 · (1 - .36) = .96    δo = 0          dc = 2 · .8 = 1.6
   *   unit 2: e = .5 + 1 · .5 · (1 - .64) = .68
   *           δi = .68 · 0 = 0       δf = .68 · 2 ln 3 · .25 = .34 ln 3
   *           δg = .68 · .5 = .34    δo = 1 · .8 · .25 = .2       dc = .68 · .5 = .34
   *   dW = δ · 2   dR = δ (1, 0)   db = dd = δ
   *   dx = Σ W δ over unit 1, for unit 2's W are 0 = (.225 ln 3 + .32 ln 4 + .96 ln 2) / 4
   *   dh1 = Σ R δ, R = a/6                       = (.225 ln 3 + .32 ln 4 + .96 ln 2) / 6
   *   dh2 = Σ R[., 2] δ = 1 · .32 + 3 · .34 ln 3, R[f1, 2] = 1 and R[f2, 2] = 3, which h2 = 0 hides
   * </pre>
   */
  @Test
  void lstm() {
    double[] a = {LN3, 0, LN4, 0, LN2, 0, LN9, 0};
    double[] weights = new double[8 + 16 + 8 + 8];
    for (int row = 0; row < 8; row++) {
      weights[row] = a[row] / 4;
      weights[8 + 2 * row] = a[row] / 6;
      weights[24 + row] = a[row] / 6;
      weights[32 + row] = a[row] / 6;
    }
    weights[8 + 2 * 2 + 1] = 1;
    weights[8 + 2 * 3 + 1] = 3;
    Step step =
        new Step(
            RecurrentSpec.of(CellType.LSTM, 1, 2),
            weights,
            2,
            new double[] {1, 0},
            new double[] {1, 2 * LN3},
            new double[] {0, 1},
            new double[] {2, .5});

    assertArrayEquals(new double[] {.9 * Math.tanh(1.25), .4}, step.y.values(), TINY);
    assertArrayEquals(step.y.values(), step.lastH.values());
    assertArrayEquals(new double[] {1.25, LN3}, step.lastC.values(), TINY);

    double[] slopes = {.225, 0, .32, .34 * LN3, .96, .34, 0, .2};
    double[] dWeights = new double[40];
    for (int row = 0; row < 8; row++) {
      dWeights[row] = 2 * slopes[row];
      dWeights[8 + 2 * row] = slopes[row];
      dWeights[24 + row] = slopes[row];
      dWeights[32 + row] = slopes[row];
    }
    double through = .225 * LN3 + .32 * LN4 + .96 * LN2;
    assertArrayEquals(dWeights, step.dWeights.values(), TINY);
    assertArrayEquals(new double[] {through / 4}, step.dx.values(), TINY);
    assertArrayEquals(new double[] {through / 6, .32 + 1.02 * LN3}, step.dH.values(), TINY);
    assertArrayEquals(new double[] {1.6, .34}, step.dC.values(), TINY);
  }

  /**
   * One unit, x = 1, h = 2. Rows r, z, n of W, R, b, d:
   *
   * <pre>
   *   r: W = ln 3, R = 1, b = -1, d = -1       r = σ(ln 3 + 2 - 1 - 1) = .75
   *   z: W = 0, R = ln 2, b = 1, d = -1        z = σ(2 ln 2) = σ(ln 4) = .8
   *   n: W = ln 2, R = 2, b = 0, d = -4        s = 2 · 2 - 4 = 0, n = tanh(ln 2 + .75 · 0) = .6
   *   h' = .2 · .6 + .8 · 2 = 1.72
   * </pre>
   *
   * Backward with dh' = 1:
   *
   * <pre>
   *   δn = .2 · (1 - .36) = .128     ds = .128 · .75 = .096     δr = .128 · 0 · .1875 = 0
   *   δz = (2 - .6) · .8 · .2 = .224
   *   dx = .128 ln 2                 dh = .8 + .224 ln 2 + .096 · 2
   *   dW = (0, .224, .128)   dR = 2 (0, .224, .096)   db = (0, .224, .128)   dd = (0, .224, .096)
   * </pre>
   */
  @Test
  void gruWithResetAfter() {
    double[] weights = {LN3, 0, LN2, 1, LN2, 2, -1, 1, 0, -1, -1, -4};
    Step step =
        new Step(
            RecurrentSpec.of(CellType.GRU, 1, 1),
            weights,
            1,
            new double[] {2},
            null,
            new double[] {1},
            null);
    assertArrayEquals(new double[] {1.72}, step.y.values(), TINY);
    assertArrayEquals(
        new double[] {0, .224, .128, 0, .448, .192, 0, .224, .128, 0, .224, .096},
        step.dWeights.values(),
        TINY);
    assertArrayEquals(new double[] {.128 * LN2}, step.dx.values(), TINY);
    assertArrayEquals(new double[] {.8 + .224 * LN2 + .192}, step.dH.values(), TINY);
  }

  /**
   * The same with b = -4 and d = 1 for n, which tells the two forms apart:
   *
   * <pre>
   *   before: q = .75 · 2 = 1.5, n = tanh(ln 2 - 4 + 2 · 1.5 + 1) = tanh(ln 2) = .6, h' = 1.72
   *   after:  s = 2 · 2 + 1 = 5, n = tanh(ln 2 - 4 + .75 · 5) = tanh(ln 2 - 1/4)
   * </pre>
   *
   * Backward of "before" with dh' = 1:
   *
   * <pre>
   *   δn = .128      dq = 2 · .128 = .256      δr = .256 · 2 · .75 · .25 = .096     δz = .224
   *   dx = .128 ln 2 + .096 ln 3               dh = .8 + .096 · 1 + .224 ln 2 + .256 · .75
   *   dW = (.096, .224, .128)   dR = (.192, .448, .128 · 1.5 = .192)   db = dd = (.096, .224, .128)
   * </pre>
   */
  @Test
  void gruWithResetBefore() {
    double[] weights = {LN3, 0, LN2, 1, LN2, 2, -1, 1, -4, -1, -1, 1};
    RecurrentSpec after = RecurrentSpec.of(CellType.GRU, 1, 1);
    double[] h = {2};
    double[] dy = {1};
    Step other = new Step(after, weights, 1, h, null, dy, null);
    assertArrayEquals(
        new double[] {.2 * Math.tanh(LN2 - .25) + 1.6}, other.y.values(), TINY, "the other form");

    Step step = new Step(after.withResetBefore(true), weights, 1, h, null, dy, null);
    assertArrayEquals(new double[] {1.72}, step.y.values(), TINY);
    assertArrayEquals(
        new double[] {.096, .224, .128, .192, .448, .192, .096, .224, .128, .096, .224, .128},
        step.dWeights.values(),
        TINY);
    assertArrayEquals(new double[] {.128 * LN2 + .096 * LN3}, step.dx.values(), TINY);
    assertArrayEquals(new double[] {.8 + .096 + .224 * LN2 + .192}, step.dH.values(), TINY);
  }

  /**
   * x = 3, h = -1, W = 1, R = 2, b = ln 2, d = -1: a = 3 + ln 2 - 2 - 1 = ln 2.
   *
   * <pre>
   *   tanh: h' = .6, δ = 1 - .36 = .64     relu: h' = ln 2, δ = 1
   *   dx = δ   dh = 2 δ   dW = 3 δ   dR = -δ   db = dd = δ
   * </pre>
   */
  @Test
  void rnn() {
    double[] weights = {1, 2, LN2, -1};
    for (CellType cell : new CellType[] {CellType.RNN_TANH, CellType.RNN_RELU}) {
      boolean relu = cell == CellType.RNN_RELU;
      double slope = relu ? 1 : .64;
      RecurrentSpec spec = RecurrentSpec.of(cell, 1, 1);
      double[] one = {1};
      Step step = new Step(spec, weights, 3, new double[] {-1}, null, one, null);
      assertArrayEquals(new double[] {relu ? LN2 : .6}, step.y.values(), TINY);
      assertArrayEquals(new double[] {slope}, step.dx.values(), TINY);
      assertArrayEquals(new double[] {2 * slope}, step.dH.values(), TINY);
      assertArrayEquals(
          new double[] {3 * slope, -slope, slope, slope}, step.dWeights.values(), TINY);
    }
  }

  /** Below zero the rectified RNN gives 0 and passes no gradient. */
  @Test
  void rectifierIsClosedBelowZero() {
    double[] weights = {-1, 2};
    RecurrentSpec spec = RecurrentSpec.of(CellType.RNN_RELU, 1, 1).withBias(false);
    Step step = new Step(spec, weights, 3, new double[] {1}, null, new double[] {1}, null);
    assertArrayEquals(new double[] {0}, step.y.values());
    assertArrayEquals(new double[] {0, 0}, step.dWeights.values());
    assertArrayEquals(new double[] {0}, step.dx.values());
  }
}
