package dev.sluice.bench;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Precision;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/**
 * A matrix product C [M, N] = A [M, K] · Bᵀ with B stored [N, K], as weights are.
 *
 * @param m rows of C
 * @param n columns of C
 * @param k inner extent
 * @param precision what the backend to check was made with
 */
public record GemmWorkload(int m, int n, int k, Precision precision) implements Workload {
  private static final int CHECKED_ROWS = 3;

  @Override
  public Name name() {
    return new Name("gemm", "A·Bᵀ", "%dx%dx%d".formatted(m, n, k), "");
  }

  @Override
  public double flops() {
    return 2.0 * m * n * k;
  }

  @Override
  public double bytes() {
    return 0;
  }

  @Override
  public Units units() {
    return new Units(1, "products");
  }

  private float[] left() {
    return Values.uniform(1, (long) m * k, 1);
  }

  @Override
  public Prepared prepare(Backend backend) {
    return new Run(this, backend, left());
  }

  /** {@inheritDoc} The first rows of C need the first rows of A only. */
  @Override
  public void check(Backend backend) {
    int rows = Math.min(CHECKED_ROWS, m);
    GemmWorkload few = new GemmWorkload(rows, n, k, precision);
    float[] expected;
    try (Backend reference = Agreement.reference();
        Prepared run = new Run(few, reference, Values.corner(left(), m, k, 1, rows))) {
      run.run();
      expected = run.outputs();
    }
    try (Prepared run = prepare(backend)) {
      run.run();
      Agreement.require(
          name().title(),
          Agreement.tolerance(precision),
          expected,
          Values.corner(run.outputs(), m, n, 1, rows));
    }
  }

  private static final class Run implements Prepared {
    private final Backend backend;
    private final Tensor a;
    private final Tensor b;
    private final Tensor c;

    Run(GemmWorkload work, Backend backend, float[] left) {
      this.backend = backend;
      a = Values.tensor(backend, Shape.of(work.m, work.k), left);
      float[] right = Values.uniform(2, (long) work.n * work.k, 1);
      b = Values.tensor(backend, Shape.of(work.n, work.k), right);
      c = Values.zeros(backend, Shape.of(work.m, work.n));
    }

    @Override
    public void run() {
      backend.matrix().gemm(false, true, 1, a, b, 0, c);
    }

    @Override
    public float[] outputs() {
      return c.toFloats();
    }

    @Override
    public void close() {
      a.close();
      b.close();
      c.close();
    }
  }
}
