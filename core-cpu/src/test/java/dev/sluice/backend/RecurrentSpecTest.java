package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Counts and offsets, which are computed directly, are those of the listed slices. */
class RecurrentSpecTest {
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
