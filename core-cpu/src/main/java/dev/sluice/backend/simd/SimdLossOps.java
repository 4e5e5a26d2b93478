package dev.sluice.backend.simd;

import dev.sluice.backend.LossOps;
import dev.sluice.backend.Tensor;

/** Losses with their gradients; each has a job of its own. */
final class SimdLossOps implements LossOps {
  private final CrossEntropyJob crossEntropy;
  private final RegressionJob regression;
  private final SoftmaxJob softmax;

  SimdLossOps(ThreadTeam team) {
    RowScratch[] scratch = RowScratch.forEach(team);
    crossEntropy = new CrossEntropyJob(team, scratch);
    regression = new RegressionJob(team, scratch);
    softmax = new SoftmaxJob(team, scratch);
  }

  @Override
  public void softmaxCrossEntropy(
      Tensor logits,
      Tensor targets,
      float smoothing,
      float gradientScale,
      Tensor gradient,
      Tensor perTarget,
      Tensor total) {
    crossEntropy.run(logits, targets, smoothing, gradientScale, gradient, perTarget, total);
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
    regression.run(loss, delta, prediction, target, rowWeights, gradientScale, gradient, total);
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    softmax.run(x, y);
  }
}
