package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.Tensor;

/** Losses: one kernel counts, one computes loss and gradient, one adds up in a fixed order. */
final class CudaLossOps implements LossOps {
  private final CudaRuntime runtime;
  private final TypedKernel crossEntropy;
  private final TypedKernel softmax;
  private final TypedKernel regression;
  private final Kernel countTargets;
  private final Kernel countRows;
  private final Kernel total;

  CudaLossOps(CudaRuntime runtime) {
    this.runtime = runtime;
    crossEntropy = TypedKernel.of(runtime, "cross_entropy");
    softmax = TypedKernel.of(runtime, "softmax");
    regression = TypedKernel.of(runtime, "regression");
    countTargets = runtime.kernel("sluice_count_targets");
    countRows = runtime.kernel("sluice_count_rows");
    total = runtime.kernel("sluice_total");
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
    Checks.crossEntropy(logits, targets, smoothing, gradient, perTarget, total);
    CudaTensor from = runtime.own(logits);
    CudaTensor slope = gradient == null ? null : runtime.own(gradient);
    long ids = runtime.own(targets).address();
    long rows = from.rows();
    int classes = from.shape().columns();
    Kernel kernel = crossEntropy.of("crossEntropy", from, slope);
    long counted = runtime.scratch().take(16 + rows * Float.BYTES);
    long losses = perTarget == null ? counted + 16 : runtime.own(perTarget).address();
    runtime
        .begin(countTargets)
        .pointer(ids)
        .pointer(counted)
        .pointer(runtime.faults().targets())
        .count(rows)
        .integer(classes)
        .launch(runtime.lane(), 1);
    runtime
        .begin(kernel)
        .pointer(from.address())
        .pointer(runtime.address(slope))
        .pointer(ids)
        .pointer(losses)
        .pointer(counted)
        .count(rows)
        .integer(classes)
        .real(smoothing)
        .real(gradientScale)
        .launch(runtime.lane(), Grid.rows(rows, classes));
    addTotal(losses, counted, runtime.own(total).address(), rows);
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
    CudaTensor from = runtime.own(prediction);
    CudaTensor wanted = runtime.own(target);
    CudaTensor slope = gradient == null ? null : runtime.own(gradient);
    Kernel kernel = regression.of("regression", from, wanted, slope);
    int columns = from.shape().columns();
    int partials = Grid.partials(from.size());
    long counted = runtime.scratch().take(16 + (long) partials * Float.BYTES);
    long sums = counted + 16;
    runtime
        .begin(countRows)
        .pointer(runtime.address(rowWeights))
        .pointer(counted)
        .count(from.rows())
        .integer(columns)
        .launch(runtime.lane(), 1);
    runtime
        .begin(kernel)
        .pointer(from.address())
        .pointer(wanted.address())
        .pointer(runtime.address(slope))
        .pointer(runtime.address(rowWeights))
        .pointer(sums)
        .pointer(counted)
        .count(from.rows())
        .integer(columns)
        .integer(kind(loss))
        .real(delta)
        .real(gradientScale)
        .launch(runtime.lane(), partials);
    addTotal(sums, counted, runtime.own(total).address(), partials);
  }

  private void addTotal(long partials, long counted, long out, long count) {
    runtime
        .begin(total)
        .pointer(partials)
        .pointer(counted)
        .pointer(out)
        .count(count)
        .integer(1)
        .launch(runtime.lane(), 1);
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    Checks.sameSize("softmax", x, y);
    CudaTensor from = runtime.own(x);
    CudaTensor to = runtime.own(y);
    int columns = from.shape().columns();
    runtime
        .begin(softmax.of("softmax", from, to))
        .pointer(from.address())
        .pointer(to.address())
        .count(from.rows())
        .integer(columns)
        .launch(runtime.lane(), Grid.rows(from.rows(), columns));
  }

  /** As {@code arguments.cuh} numbers them. */
  private static int kind(Regression loss) {
    return switch (loss) {
      case SQUARED -> 0;
      case ABSOLUTE -> 1;
      case HUBER -> 2;
    };
  }
}
