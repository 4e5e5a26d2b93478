package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DropoutOps;
import dev.sluice.backend.Philox;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Tensor;

/**
 * Dropout (Srivastava et al. 2014):
 *
 * <pre>
 *   y[i] = u_i ≥ p ? x[i] / (1 - p) : 0
 *   u_i  = uniform(word i mod 4 of Philox(key seed, counter (i / 4, stream, step)))
 * </pre>
 */
final class ReferenceDropout implements DropoutOps {
  @Override
  public void apply(float probability, RandomDraw draw, Tensor x, Tensor y) {
    Checks.dropout(probability, draw, x, y);
    ReferenceTensor source = ReferenceTensor.of(x);
    ReferenceTensor target = ReferenceTensor.of(y);
    int step = ReferenceTensor.of(draw.step()).getInt(0);
    for (int i = 0; i < source.size(); i++) {
      double factor = factor(probability, draw.seed(), draw.stream(), step, i);
      target.set(i, factor == 0 ? 0 : factor * source.get(i));
    }
  }

  /** What element i is multiplied by: 0 or 1 / (1 - p). */
  static double factor(float probability, long seed, int stream, int step, long i) {
    int[] words = new int[4];
    Philox.block(seed, i / 4, stream, step, words, 0);
    float uniform = Philox.uniform(words[(int) (i % 4)]);
    return uniform >= probability ? 1 / (1 - (double) probability) : 0;
  }
}
