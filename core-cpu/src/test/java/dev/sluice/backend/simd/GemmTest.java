package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.GemmKernels.NR;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products bit for bit against one chain of fused multiply-adds for each element. */
class GemmTest {
  private static final Gemm.Scratch SCRATCH = Gemm.Scratch.forTeam(1)[0];

  /** A's and C's first element, and what lies between rows beyond their columns. */
  private static final int FROM = 5;

  private static final int GAP = 3;

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 15, 16, 17, 33, Gemm.KC - 1, Gemm.KC, Gemm.KC + 1, 2 * Gemm.KC + 6})
  void everyNumberOfRowsAndStepsIsRight(int k) {
    for (int columns : new int[] {1, NR - 1, NR, NR + 1, 3 * NR}) {
      for (int rows = 1; rows <= 29; rows++) {
        check(rows, columns, k, true, rows % 2 == 0);
        check(rows, columns, k, false, rows % 2 == 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Gemm.MC - 1, Gemm.MC, Gemm.MC + 1, 2 * Gemm.MC + 5})
  void severalBlocksOfRowsAreRight(int rows) {
    check(rows, NR + 3, 19, true, false);
    check(rows, NR + 3, Gemm.KC + 2, false, true);
  }

  @Test
  void panelsThatAreReadAheadAreRight() {
    check(7, 1_801, 601, true, false); // 4.3 MB
    check(2, 4 * NR, 40_001, false, true); // few panels, many blocks of k
  }

  private static void check(int m, int n, int k, boolean byRows, boolean accumulate) {
    float[] b = Guarded.random(k * n, 1, 1);
    PackedPanels panels = new PackedPanels(k, 1, n);
    panels.packRows(b, 0, n, 0, k, 1, 0, 1);
    int rowStride = byRows ? k + GAP : 1;
    int kStride = byRows ? 1 : m + GAP;
    float[] a = Guarded.random(FROM + (m + GAP) * (k + GAP), 1, 2);
    int stride = n + GAP;
    float[] c = Guarded.random(FROM + m * stride, 1, 3);
    float[] expected = c.clone();
    for (int r = 0; r < m; r++) {
      for (int j = 0; j < n; j++) {
        int at = FROM + r * stride + j;
        float sum = accumulate ? c[at] : 0;
        for (int p = 0; p < k; p++) {
          sum = Math.fma(a[FROM + r * rowStride + p * kStride], b[p * n + j], sum);
        }
        expected[at] = sum;
      }
    }
    Gemm.multiply(
        m,
        a,
        FROM,
        rowStride,
        kStride,
        panels,
        k,
        0,
        panels.blockPanels,
        accumulate,
        c,
        FROM,
        stride,
        SCRATCH);
    String what = "%dx%dx%d %s".formatted(m, n, k, byRows ? "rows" : "columns");
    assertSame(expected, c, what);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7, 16, Gemm.MC / 2 - 1, Gemm.MC / 2 + 1})
  void groupsOfRowsAreRight(int rows) {
    for (int k : new int[] {9, Gemm.KC + 20}) {
      groups(5, rows, NR + 2, k);
    }
  }

  private static void groups(int groups, int rows, int n, int k) {
    float[] b = Guarded.random(k * n, 1, 1);
    PackedPanels panels = new PackedPanels(k, 1, n);
    panels.packRows(b, 0, n, 0, k, 1, 0, 1);
    int aGroup = (rows + 1) * (k + GAP);
    int cGroup = (rows + 1) * (n + GAP);
    float[] a = Guarded.random(FROM + groups * aGroup, 1, 2);
    float[] c = Guarded.random(FROM + groups * cGroup, 1, 3);
    float[] expected = c.clone();
    for (int g = 0; g < groups; g++) {
      for (int r = 0; r < rows; r++) {
        for (int j = 0; j < n; j++) {
          float sum = 0;
          for (int p = 0; p < k; p++) {
            sum = Math.fma(a[FROM + g * aGroup + r * (k + GAP) + p], b[p * n + j], sum);
          }
          expected[FROM + g * cGroup + r * (n + GAP) + j] = sum;
        }
      }
    }
    Gemm.multiplyGroups(
        groups,
        rows,
        a,
        FROM,
        aGroup,
        k + GAP,
        panels,
        0,
        panels.blockPanels,
        c,
        FROM,
        cGroup,
        n + GAP,
        SCRATCH);
    assertSame(expected, c, "%d groups of %d rows, k = %d".formatted(groups, rows, k));
  }

  @Test
  void aRangeOfStepsIsRight() {
    int m = 21;
    int n = NR + 5;
    int k = 40;
    float[] a = Guarded.random(m * k, 1, 1);
    float[] b = Guarded.random(k * n, 1, 2);
    PackedPanels panels = new PackedPanels(k, 1, n);
    panels.packRows(b, 0, n, 0, k, 1, 0, 1);
    SCRATCH.a.packColumns(a, 0, m, m, k);
    float[] c = new float[m * n];
    float[] expected = new float[m * n];
    for (int r = 0; r < m; r++) {
      for (int j = 0; j < n; j++) {
        for (int p = 7; p < 33; p++) {
          expected[r * n + j] = Math.fma(a[p * m + r], b[p * n + j], expected[r * n + j]);
        }
      }
    }
    Gemm.panels(1, m, 7, 33, panels, 0, 0, panels.blockPanels, true, c, 0, 0, n, SCRATCH);
    assertSame(expected, c, "steps 7 to 33");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 63, 64, 65, Gemm.KC + 70})
  void panelsOfATransposedFactorAreThoseOfTheFactor(int k) {
    for (int n : new int[] {1, NR - 1, NR, 2 * NR + 3}) {
      float[] b = Guarded.random(k * n, 1, 1);
      float[] transposed = new float[k * n];
      for (int p = 0; p < k; p++) {
        for (int j = 0; j < n; j++) {
          transposed[j * k + p] = b[p * n + j];
        }
      }
      PackedPanels rows = new PackedPanels(k, 1, n);
      PackedPanels columns = new PackedPanels(k, 1, n);
      Arrays.fill(columns.data, Lanes.FIRST, columns.data.length, Float.NaN); // as if used before
      rows.packRows(b, 0, n, 0, k, 0.3f, 0, 1);
      for (int part = 0; part < 2; part++) {
        columns.packColumns(transposed, 0, k, 0.3f, part, 2, SCRATCH.transpose);
      }
      assertSame(rows.data, columns.data, k + "x" + n);
    }
  }

  @Test
  void noRowsMakeNoBlocks() {
    assertEquals(0, Gemm.blockRows(0));
  }

  private static void assertSame(float[] expected, float[] actual, String what) {
    for (int i = 0; i < expected.length; i++) {
      int index = i;
      assertEquals(
          Float.floatToRawIntBits(expected[i]),
          Float.floatToRawIntBits(actual[i]),
          () -> "%s: element %d".formatted(what, index));
    }
  }
}
