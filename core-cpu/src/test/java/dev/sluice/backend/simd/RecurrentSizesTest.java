package dev.sluice.backend.simd;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What would not fit into an array is refused before it is computed, in one sentence. */
class RecurrentSizesTest {
  @ParameterizedTest
  @CsvSource({
    "65536, 1, 65536, the weights would",
    "16, 65536, 65536, gates would",
    "16, 1, 134217727, gates would",
    "1, 1, 134217728, gates would",
    "23200, 1, 1, the weights would"
  })
  void arraysThatAreTooLongAreNamed(int hidden, int steps, int batch, String words) {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, hidden);
    String sentence =
        assertThrows(
                IllegalArgumentException.class,
                () -> RecurrentSizes.require(spec, steps, batch, true))
            .getMessage();
    assertTrue(sentence.contains(words), sentence);
    assertTrue(sentence.contains("%d steps (T)".formatted(steps)), sentence);
    assertTrue(sentence.contains("a batch of %d (B)".formatted(batch)), sentence);
    assertTrue(sentence.contains("%d units (H)".formatted(hidden)), sentence);
    assertTrue(sentence.contains("2147483627"), sentence);
  }

  @ParameterizedTest
  @CsvSource({"1, 16", "16, 16", "17, 32", "240, 240", "241, 272", "256, 272", "4096, 4112"})
  void rowsOfGatesBeginAtCacheLinesOfDifferentSets(int columns, int stride) {
    assertEquals(stride, LayerShape.gateStride(columns));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "16, 1, 33554431", "22000, 1, 1"})
  void whatFitsIsNot(int hidden, int steps, int batch) {
    RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, hidden);
    assertDoesNotThrow(() -> RecurrentSizes.require(spec, steps, batch, true));
  }
}
