package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How layers are spread over a device's multiprocessors. */
class GridPlanTest {
  /** Multiprocessors of an H200, and the shared memory that a block of it may ask for. */
  private static final int H200 = 132;

  private static final int H200_SHARED = 227 * 1024;

  @Test
  void aSmallBatchRunsInGroupsOfEight() {
    GridPlan plan = lstm(false, Precision.BF16, 768, 16).orElseThrow();
    assertEquals("sluice_lstm_grid_forward_bf16_n8", plan.kernel());
    assertEquals(48, plan.blocks());
    assertEquals(2, plan.groups());
    assertEquals(1, plan.rounds());
    assertEquals(0 + 4 * 512 * 8 + 3072, plan.sharedBytes(), "all weights are in registers");
    assertEquals(2 * 16 * 768 * 2, plan.exchangeBytes());
    assertEquals(2 * 48 * 4, plan.flagBytes());
  }

  @Test
  void aLargerOneInRoundsOfSixteen() {
    GridPlan plan = lstm(true, Precision.BF16, 1024, 64).orElseThrow();
    assertEquals("sluice_lstm_grid_backward_bf16_n16", plan.kernel());
    assertEquals(64, plan.blocks());
    assertEquals(2, plan.groups());
    assertEquals(2, plan.rounds());
    assertEquals(2 * 64 * 4096 * 2, plan.exchangeBytes());
  }

  @Test
  void theGroupsShareTheRounds() {
    // 3 tiles of 16, and room for 2 groups: 2 rounds, in which the second group has 1 tile.
    GridPlan plan = lstm(false, Precision.BF16, 1000, 48).orElseThrow();
    assertEquals(63, plan.blocks());
    assertEquals(2, plan.groups());
    assertEquals(2, plan.rounds());
    // 5 tiles of 8 would need 5 groups.
    GridPlan four = lstm(false, Precision.BF16, 500, 40).orElseThrow();
    assertEquals(16, four.sequences());
    assertEquals(3, four.groups());
    assertEquals(1, four.rounds());
  }

  @Test
  void whatFitsOnAnH200() {
    assertEquals(2112, largest(CellType.LSTM, Precision.BF16));
    assertEquals(2112, largest(CellType.GRU, Precision.BF16));
    assertEquals(1280, largest(CellType.LSTM, Precision.TF32));
    assertEquals(1664, largest(CellType.GRU, Precision.TF32));
  }

  @Test
  void sharedMemoryIsThatOfTheKernel() {
    // 64 tiles of k, 8 a warp, of which 4 are held: 8 warps, 4 tiles, 1 KiB each.
    GridPlan plan = lstm(false, Precision.TF32, 1024, 4).orElseThrow();
    assertEquals(8 * 4 * 4 * 1024 + 4 * 512 * 8 + 3072, plan.sharedBytes());
    // Where the partial sums of 16 sequences do not fit, 8 at once may.
    int limit = plan.sharedBytes() + 2 * 3072;
    GridPlan narrow =
        GridPlan.of(CellType.LSTM, false, Precision.TF32, 1024, 24, 64, limit).orElseThrow();
    assertEquals(8, narrow.sequences());
    assertEquals(3, narrow.rounds());
  }

  @Test
  void whatHasNoKernelIsRefused() {
    assertTrue(lstm(false, Precision.FP32, 256, 16).isEmpty());
    for (CellType cell : new CellType[] {CellType.RNN_TANH, CellType.RNN_RELU}) {
      Optional<GridPlan> plan =
          GridPlan.of(cell, false, Precision.BF16, 256, 16, H200, H200_SHARED);
      assertTrue(plan.isEmpty());
    }
    assertTrue(GridPlan.of(CellType.LSTM, false, Precision.BF16, 65, 1, 4, 232448).isEmpty());
    assertTrue(GridPlan.of(CellType.LSTM, false, Precision.BF16, 64, 1, 4, 232448).isPresent());
    // What threads keep for each round fills shared memory.
    assertTrue(lstm(false, Precision.BF16, 512, 1024).isPresent());
    assertTrue(lstm(false, Precision.BF16, 512, 8192).isEmpty());
  }

  /** Every kernel that a plan can name is in the registry. */
  @Test
  void everyKernelIsThere() {
    KernelLayouts layouts = new KernelSources().layouts();
    for (CellType cell : new CellType[] {CellType.LSTM, CellType.GRU}) {
      for (Precision precision : new Precision[] {Precision.TF32, Precision.BF16}) {
        for (boolean backward : new boolean[] {false, true}) {
          for (int batch : new int[] {1, 256}) {
            String name =
                GridPlan.of(cell, backward, precision, 512, batch, H200, H200_SHARED)
                    .orElseThrow()
                    .kernel();
            assertTrue(layouts.of(name).startsWith("p"), name);
          }
        }
      }
    }
  }

  private static Optional<GridPlan> lstm(
      boolean backward, Precision precision, int units, int batch) {
    return GridPlan.of(CellType.LSTM, backward, precision, units, batch, H200, H200_SHARED);
  }

  /** The largest H of which both directions of a pass fit. */
  private static int largest(CellType cell, Precision precision) {
    int units = 1;
    while (fits(cell, precision, units + 1)) {
      units++;
    }
    return units;
  }

  private static boolean fits(CellType cell, Precision precision, int units) {
    return GridPlan.of(cell, false, precision, units, 16, H200, H200_SHARED).isPresent()
        && GridPlan.of(cell, true, precision, units, 16, H200, H200_SHARED).isPresent();
  }
}
