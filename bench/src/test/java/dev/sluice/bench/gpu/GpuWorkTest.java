package dev.sluice.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.bench.gpu.Contender.EngineName;
import dev.sluice.bench.gpu.Contender.Mode;
import dev.sluice.bench.gpu.GpuWork.Kind;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a work costs at least, how it is named and handed to an engine, and which works there are. */
class GpuWorkTest {
  private static final GpuWork LSTM = GpuWork.of(Kind.TRAIN, CellType.LSTM, 2, 2, 3, 4, 5);

  @Test
  void countsOperations() {
    // Layer 0 reads 3 features and 3 states, layer 1 reads 6 and 3; 4 gates of 3 units, 2
    // directions.
    double forward = 2.0 * (5 * 4) * 2 * (4 * 3) * ((3 + 3) + (6 + 3));
    assertEquals(3 * forward, LSTM.flops());
    GpuWork gru = GpuWork.of(Kind.FORWARD, CellType.GRU, 1, 1, 3, 4, 5);
    assertEquals(2.0 * 20 * (3 * 3) * (3 + 3), gru.flops());
    GpuWork model = new GpuWork(Kind.LANGUAGE_MODEL, CellType.LSTM, 3, 1, 1, 4, 5, 7, false);
    assertEquals(3 * (2.0 * 20 * 12 * 6 + 2.0 * 20 * 7 * 3), model.flops());
  }

  @Test
  void countsBytes() {
    double weights = LSTM.spec().weightCount();
    assertEquals(2 * 4 * (weights + 20 * (3 + 6)), LSTM.bytes(NumberType.TF32));
    assertEquals(2 * 2 * (weights + 20 * (3 + 6)), LSTM.bytes(NumberType.BF16));
    GpuWork model = new GpuWork(Kind.LANGUAGE_MODEL, CellType.LSTM, 3, 1, 1, 4, 5, 7, false);
    assertEquals(24 * (model.spec().weightCount() + 21 + 21 + 7.0), model.bytes(NumberType.BF16));
  }

  @Test
  void layersOverlapButStepsDoNot() {
    assertEquals(2 * (5 + 1), LSTM.exchanges());
    assertEquals(5, GpuWork.of(Kind.FORWARD, CellType.GRU, 1, 2, 3, 4, 5).exchanges());
  }

  @Test
  void paddingIsNoWork() {
    GpuWork variable = GpuWork.of(Kind.FORWARD, CellType.GRU, 1, 1, 3, 64, 50).withVariable(true);
    int[] lengths = variable.lengths();
    assertEquals(50, lengths[0]);
    assertTrue(lengths[63] >= 25);
    for (int i = 1; i < lengths.length; i++) {
      assertTrue(lengths[i] <= lengths[i - 1], Arrays.toString(lengths));
    }
    double steps = Arrays.stream(lengths).sum();
    assertEquals(37.5, steps / 64, 4, "uniform in T/2..T");
    assertEquals(steps / (64 * 50), variable.flops() / variable.withVariable(false).flops(), 1e-12);
    assertArrayEquals(new int[] {5, 5, 5, 5}, LSTM.lengths());
  }

  @Test
  void wordsAreReadBack() {
    for (GpuWork work : GpuWorks.full()) {
      for (Contender contender : GpuWorks.contenders(work, List.of(NumberType.BF16), true)) {
        assertEquals(contender, Contender.parse(contender.engine(), contender.toWords()));
      }
    }
    assertEquals(
        "TRAIN LSTM 3 2 2 4 5 0 full bf16 graph",
        new Contender(EngineName.PYTORCH, NumberType.BF16, Mode.GRAPH, LSTM).toWords());
    assertThrows(
        IllegalArgumentException.class, () -> Contender.parse(EngineName.SLUICE, "TRAIN LSTM 3"));
  }

  @Test
  void namesTellWorksApart() {
    List<GpuWork> works = GpuWorks.full();
    assertEquals(works.size(), new HashSet<>(works).size());
    assertEquals(works.size(), works.stream().map(GpuWork::title).distinct().count());
    assertEquals("LSTM (3, 4, 5) L2 D2 forward+backward", LSTM.title());
    assertTrue(works.containsAll(GpuWorks.inOrder()));
  }

  @Test
  void theWorksThatDecideTargetsComeFirst() {
    List<GpuWork> works = GpuWorks.inOrder();
    assertEquals(
        List.of(
            "LSTM (768, 16, 1024) L1 D1 forward+backward",
            "LSTM (768, 16, 1024) L1 D1 forward",
            "LSTM (1024, 64, 128) L2 V=32000 training step",
            "LSTM (768, 16, 1024) L1 D1 forward+backward variable"),
        works.stream().limit(4).map(GpuWork::title).toList());
    assertEquals(
        2 * 23,
        works.stream()
            .filter(work -> work.kind() == Kind.TRAIN && !work.variable())
            .filter(work -> work.layers() == 1 && work.directions() == 1)
            .count());
  }

  @Test
  void choosesByShapeModelAndName() {
    assertEquals(32, GpuChoice.works(false, List.of("8,2,3", "9,2,3"), null, "lstm").size());
    assertEquals(
        "LSTM (8, 2, 3) L1 V=50 training step",
        GpuChoice.works(false, List.of(), "8,1,2,3,50", "").getFirst().title());
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> GpuChoice.works(false, List.of("8,2"), null, ""));
    assertEquals("--shape must be whole numbers H,B,T, not '8,2'", refused.getMessage());
  }
}
