package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts and offsets, which are computed directly, are those of the listed slices. */
class RecurrentSpecTest {
  @ParameterizedTest
  @CsvSource({
    "LSTM, 64, 536870912, 1, false",
    "RNN_TANH, 64, 1073741824, 1, true",
    "LSTM, 64, 500000000, 1, false",
    "RNN_TANH, 1, 1, 2147483647, true"
  })
  void sizesThatCannotBeCountedAreNamed(
      CellType cell, int input, int hidden, int layers, boolean both) {
    String sentence =
        assertThrows(
                IllegalArgumentException.class,
                () -> new RecurrentSpec(cell, input, hidden, layers, both, true, false, 0))
            .getMessage();
    assertTrue(sentence.contains(layers + " layers of " + hidden + " units"), sentence);
  }

  @ParameterizedTest
  @CsvSource({"LSTM, 100000000", "RNN_TANH, 500000000"})
  void largeSizesAreCounted(CellType cell, long hidden) {
    RecurrentSpec spec = RecurrentSpec.of(cell, (int) hidden, (int) hidden);
    assertEquals(cell.gates() * hidden * (2 * hidden + 2), spec.weightCount());
  }

  @ParameterizedTest
  @CsvSource({
    "LSTM, 3, 5, 1, false, true",
    "LSTM, 3, 5, 3, true, true",
    "GRU, 7, 2, 2, false, false",
    "GRU, 1, 1, 4, true, false",
    "RNN_TANH, 2, 11, 2, true, true"
  })
  void offsetsFollowTheSlices(
      CellType cell, int input, int hidden, int layers, boolean both, boolean bias) {
    RecurrentSpec spec =
        RecurrentSpec.of(cell, input, hidden)
            .withLayers(layers)
            .withBidirectional(both)
            .withBias(bias);
    List<RecurrentSpec.Slice> slices = spec.slices();
    long end = 0;
    for (RecurrentSpec.Slice slice : slices) {
      assertEquals(end, slice.offset(), slice.name());
      end += slice.shape().size();
    }
    assertEquals(end, spec.weightCount());
    int perGroup = bias ? 4 : 2;
    for (int layer = 0; layer < layers; layer++) {
      for (int direction = 0; direction < spec.directions(); direction++) {
        RecurrentSpec.Slice first = slices.get((layer * spec.directions() + direction) * perGroup);
        assertEquals(first.offset(), spec.weightOffset(layer, direction), first.name());
      }
    }
  }
}
