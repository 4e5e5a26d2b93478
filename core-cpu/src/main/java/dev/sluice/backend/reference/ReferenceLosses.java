package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.Tensor;

/**
 * Losses and their gradients:
 *
 * <pre>
 *   p_v = e^(l_v - m) / Σ_w e^(l_w - m)            m = max l
 *   q_v = (1 - smoothing) · [v = target] + smoothing / V
 *   loss = -Σ_v q_v · log p_v                      dl_v = gradientScale · (p_v - q_v) / count
 *
 *   r = prediction - target
 *   squared   r²                                   2r
 *   absolute  |r|                                  sign r
 *   huber     r²/2 where |r| ≤ δ, else δ(|r| - δ/2)       r, else δ · sign r
 * </pre>
 *
 * with each regression gradient times gradientScale / count. When no target counts, gradients are
 * zero and totals unchanged.
 */
final class ReferenceLosses implements LossOps {
  @Override
  public void softmaxCrossEntropy(
      Tensor logits,
      Tensor targets,
      float smoothing,
      float gradientScale,
      Tensor gradient,
      Tensor perTarget,
      Tensor total) {
    Checks.crossEntropy(logits, targets, smoothing, gradient, perTarget, total);
    ReferenceTensor scores = ReferenceTensor.of(logits);
    ReferenceTensor wanted = ReferenceTensor.of(targets);
    ReferenceTensor dScores = ReferenceTensor.of(gradient);
    ReferenceTensor losses = ReferenceTensor.of(perTarget);
    ReferenceTensor totals = ReferenceTensor.of(total);
    int classes = logits.shape().columns();
    int count = 0;
    for (int n = 0; n < wanted.size(); n++) {
      requireClass(n, wanted.getInt(n), classes);
      count += wanted.getInt(n) >= 0 ? 1 : 0;
    }
    for (int n = 0; n < wanted.size(); n++) {
      int target = wanted.getInt(n);
      double[] logP = logSoftmax(scores, n, classes);
      double loss = 0;
      for (int v = 0; v < classes; v++) {
        double q = (v == target ? 1.0 - smoothing : 0) + (double) smoothing / classes;
        loss -= q * logP[v];
        if (dScores != null) {
          double slope = gradientScale * (Math.exp(logP[v]) - q) / count;
          dScores.set(n * classes + v, target < 0 ? 0 : slope);
        }
      }
      if (losses != null) {
        losses.set(n, target < 0 ? 0 : loss);
      }
      totals.add(0, target < 0 ? 0 : loss);
    }
    totals.add(1, count);
  }

  @Override
  public void regression(
      Regression loss,
      float delta,
      Tensor prediction,
      Tensor target,
      Tensor rowWeights,
      float gradientScale,
      Tensor gradient,
      Tensor total) {
    Checks.regression(loss, delta, prediction, target, rowWeights, gradient, total);
    ReferenceTensor predicted = ReferenceTensor.of(prediction);
    ReferenceTensor wanted = ReferenceTensor.of(target);
    ReferenceTensor weights = ReferenceTensor.of(rowWeights);
    ReferenceTensor slopes = ReferenceTensor.of(gradient);
    ReferenceTensor totals = ReferenceTensor.of(total);
    int columns = prediction.shape().columns();
    int count = 0;
    for (int i = 0; i < predicted.size(); i++) {
      count += weights == null || weights.get(i / columns) != 0 ? 1 : 0;
    }
    for (int i = 0; i < predicted.size(); i++) {
      boolean counts = weights == null || weights.get(i / columns) != 0;
      double residual = predicted.get(i) - wanted.get(i);
      totals.add(0, counts ? value(loss, delta, residual) : 0);
      if (slopes != null) {
        slopes.set(i, counts ? gradientScale * slope(loss, delta, residual) / count : 0);
      }
    }
    totals.add(1, count);
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    Checks.sameSize("softmax", x, y);
    ReferenceTensor scores = ReferenceTensor.of(x);
    ReferenceTensor target = ReferenceTensor.of(y);
    int classes = x.shape().columns();
    for (int n = 0; n < x.shape().rows(); n++) {
      double[] logP = logSoftmax(scores, n, classes);
      for (int v = 0; v < classes; v++) {
        target.set(n * classes + v, Math.exp(logP[v]));
      }
    }
  }

  /** log p_v = (l_v - m) - log Σ_w e^(l_w - m) of row n. */
  private static double[] logSoftmax(ReferenceTensor logits, int n, int classes) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < classes; v++) {
      largest = Math.max(largest, logits.get(n * classes + v));
    }
    double sum = 0;
    for (int v = 0; v < classes; v++) {
      sum += Math.exp(logits.get(n * classes + v) - largest);
    }
    double[] logP = new double[classes];
    for (int v = 0; v < classes; v++) {
      logP[v] = logits.get(n * classes + v) - largest - Math.log(sum);
    }
    return logP;
  }

  private static double value(Regression loss, double delta, double residual) {
    double size = Math.abs(residual);
    return switch (loss) {
      case SQUARED -> residual * residual;
      case ABSOLUTE -> size;
      case HUBER -> size <= delta ? size * size / 2 : delta * (size - delta / 2);
    };
  }

  private static double slope(Regression loss, double delta, double residual) {
    return switch (loss) {
      case SQUARED -> 2 * residual;
      case ABSOLUTE -> Math.signum(residual);
      case HUBER -> Math.abs(residual) <= delta ? residual : delta * Math.signum(residual);
    };
  }

  private static void requireClass(int n, int target, int classes) {
    if (target >= classes) {
      throw new IllegalArgumentException(
          "crossEntropy: targets[%d] is %d but must be below %d".formatted(n, target, classes));
    }
  }
}
