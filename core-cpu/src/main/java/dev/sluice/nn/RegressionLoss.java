package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.LossOps.Regression;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/**
 * The mean over all elements of a loss between output and targets of one shape: squared (MSE),
 * absolute (MAE) or Huber's. The equations stand at {@link dev.sluice.backend.LossOps.Regression}.
 *
 * @param kind which
 * @param delta where Huber's loss turns linear, above 0; not used by the others
 */
public record RegressionLoss(Regression kind, float delta) implements Loss {
  public RegressionLoss {
    if (kind == Regression.HUBER && !(delta > 0)) {
      throw new IllegalArgumentException("RegressionLoss: delta must be above 0, not " + delta);
    }
  }

  /** Mean squared error. */
  public static RegressionLoss squared() {
    return new RegressionLoss(Regression.SQUARED, 1);
  }

  /** Mean absolute error. */
  public static RegressionLoss absolute() {
    return new RegressionLoss(Regression.ABSOLUTE, 1);
  }

  /** Huber's loss, which turns from squared to absolute at {@code delta}. */
  public static RegressionLoss huber(float delta) {
    return new RegressionLoss(Regression.HUBER, delta);
  }

  @Override
  public Plan plan(Backend backend, Shape output, boolean training, boolean inPlace) {
    return new Plan(this, backend, output, training, inPlace);
  }

  /** A regression loss prepared for one shape. */
  public static final class Plan extends LossPlan {
    private final RegressionLoss loss;

    private Plan(
        RegressionLoss loss, Backend backend, Shape output, boolean training, boolean inPlace) {
      super(backend, output, training, inPlace);
      this.loss = loss;
    }

    @Override
    public Tensor compute(Tensor output, Tensor targets, float gradientScale) {
      return compute(output, targets, null, gradientScale);
    }

    /**
     * As {@link LossPlan#compute} with some rows left out, such as those past a sequence's end.
     *
     * @param rowWeights one for each row of the output: 1 counts it, 0 leaves it out; or null
     */
    public Tensor compute(Tensor output, Tensor targets, Tensor rowWeights, float gradientScale) {
      Tensor gradient = gradientFor(output);
      backend
          .losses()
          .regression(
              loss.kind, loss.delta, output, targets, rowWeights, gradientScale, gradient, total());
      return gradient;
    }
  }
}
