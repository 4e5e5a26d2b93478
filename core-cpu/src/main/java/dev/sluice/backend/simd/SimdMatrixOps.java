package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.MatrixOps;
import dev.sluice.backend.Tensor;

/**
 * General matrix products: B is packed by the whole team, then each member multiplies its own rows or
 * its own panels. Rows are preferred, since the members then write to different pages.
 */
final class SimdMatrixOps implements MatrixOps, ThreadTeam.Job {
  /** Multiplications for which another thread pays: 64x64x64, about 5 µs of work (measured). */
  private static final long WORK_PER_THREAD = 64 * 64 * 64;

  private final ThreadTeam team;
  private final Gemm.Scratch[] scratch;
  private float[] packBuffer = new float[0];

  // The running product, read by all members.
  private PackedPanels panels;
  private boolean transposeB;
  private float alpha;
  private float beta;
  private int m;
  private int n;
  private int k;
  private float[] a;
  private int aFrom;
  private int rowStride;
  private int kStride;
  private ArrayTensor b;
  private float[] c;
  private int cFrom;

  SimdMatrixOps(ThreadTeam team) {
    this.team = team;
    this.scratch = Gemm.Scratch.forTeam(team.size());
  }

  @Override
  public void gemm(
      boolean transposeA,
      boolean transposeB,
      float alpha,
      Tensor a,
      Tensor b,
      float beta,
      Tensor c) {
    Checks.gemm(transposeA, transposeB, a, b, c);
    ArrayTensor left = ArrayTensor.of(a);
    ArrayTensor right = ArrayTensor.of(b);
    ArrayTensor result = ArrayTensor.of(c);
    int lda = a.shape().columns();
    set(
        transposeB,
        alpha,
        beta,
        c.shape().rows(),
        c.shape().columns(),
        transposeA ? a.shape().rows() : lda);
    this.a = left.floats;
    this.aFrom = left.offset;
    this.rowStride = transposeA ? 1 : lda;
    this.kStride = transposeA ? lda : 1;
    this.b = right;
    this.c = result.floats;
    this.cFrom = result.offset;
    long work = (long) m * n * k;
    team.run(Math.clamp(work / WORK_PER_THREAD, 1, team.size()), this);
  }

  private void set(boolean transposeB, float alpha, float beta, int m, int n, int k) {
    this.transposeB = transposeB;
    this.alpha = alpha;
    this.beta = beta;
    this.m = m;
    this.n = n;
    this.k = k;
    if (panels == null || panels.k != k || panels.blockColumns != n) {
      int size = PackedPanels.size(k, 1, n);
      if (packBuffer.length < size) {
        packBuffer = new float[size];
      }
      panels = new PackedPanels(k, 1, n, packBuffer);
    }
  }

  /** Bytes of the workspace. */
  long bytes() {
    return 4L * packBuffer.length;
  }

  @Override
  public void run(int part, int parts) {
    int ldb = b.shape().columns();
    if (transposeB) {
      panels.packColumns(b.floats, b.offset, ldb, alpha, part, parts, scratch[part].transpose);
    } else {
      panels.packRows(b.floats, b.offset, ldb, 0, k, alpha, part, parts);
    }
    team.barrier(part, parts);
    int tiles = (m + GemmKernels.MR - 1) / GemmKernels.MR;
    boolean byRows = tiles >= panels.blockPanels;
    int rowFrom = byRows ? Math.min(m, tiles * part / parts * GemmKernels.MR) : 0;
    int rowTo = byRows ? Math.min(m, tiles * (part + 1) / parts * GemmKernels.MR) : m;
    int panelFrom = byRows ? 0 : panels.blockPanels * part / parts;
    int panelTo = byRows ? panels.blockPanels : panels.blockPanels * (part + 1) / parts;
    if (rowFrom == rowTo || panelFrom == panelTo) {
      return;
    }
    if (beta != 0 && beta != 1) {
      scale(rowFrom, rowTo, panelFrom, panelTo);
    }
    Gemm.multiply(
        rowTo - rowFrom,
        a,
        aFrom + rowFrom * rowStride,
        rowStride,
        kStride,
        panels,
        k,
        panelFrom,
        panelTo,
        beta != 0,
        c,
        cFrom + rowFrom * n,
        n,
        scratch[part]);
  }

  private void scale(int rowFrom, int rowTo, int panelFrom, int panelTo) {
    int from = panelFrom * GemmKernels.NR;
    int to = Math.min(n, panelTo * GemmKernels.NR);
    for (int r = rowFrom; r < rowTo; r++) {
      for (int i = cFrom + r * n + from; i < cFrom + r * n + to; i++) {
        c[i] *= beta;
      }
    }
  }
}
