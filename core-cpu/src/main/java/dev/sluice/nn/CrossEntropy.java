package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/**
 * Softmax and cross-entropy in nats, for outputs [..., V] of logits and INT32 targets, one id below V
 * for each row; a negative target is ignored. The equations stand at {@link
 * dev.sluice.backend.LossOps#softmaxCrossEntropy}.
 *
 * @param smoothing label smoothing (Szegedy et al. 2016), at least 0 and below 1
 */
public record CrossEntropy(float smoothing) implements Loss {
  public CrossEntropy {
    if (!(smoothing >= 0 && smoothing < 1)) {
      throw new IllegalArgumentException(
          "CrossEntropy: smoothing must be at least 0 and below 1, not " + smoothing);
    }
  }

  @Override
  public LossPlan plan(Backend backend, Shape output, boolean training, boolean inPlace) {
    return new Plan(this, backend, output, training, inPlace);
  }

  static final class Plan extends LossPlan {
    private final float smoothing;

    private Plan(
        CrossEntropy loss, Backend backend, Shape output, boolean training, boolean inPlace) {
      super(backend, output, training, inPlace);
      smoothing = loss.smoothing;
    }

    @Override
    public Tensor compute(Tensor output, Tensor targets, float gradientScale) {
      Tensor gradient = gradientFor(output);
      backend
          .losses()
          .softmaxCrossEntropy(output, targets, smoothing, gradientScale, gradient, null, total());
      return gradient;
    }
  }
}
