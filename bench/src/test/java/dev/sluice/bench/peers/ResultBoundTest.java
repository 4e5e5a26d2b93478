package dev.sluice.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.bench.peers.Work.Kind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rounding is let through, anything else is not. */
class ResultBoundTest {
  static Stream<Work> works() {
    return Stream.of(
        new Work(Kind.TRAIN, CellType.LSTM, 24, 2, 3, 5, 0),
        new Work(Kind.TRAIN, CellType.GRU, 24, 1, 3, 5, 0),
        new Work(Kind.FORWARD, CellType.GRU, 24, 2, 3, 5, 0),
        new Work(Kind.STREAM, CellType.LSTM, 24, 2, 1, 1, 0),
        new Work(Kind.LANGUAGE_MODEL, CellType.LSTM, 16, 2, 3, 5, 11));
  }

  private static Map<String, float[]> results(Work work, WorkData data) {
    try (Engine engine = new SluiceEngines().prepare(work, data, 1)) {
      return new TreeMap<>(engine.results());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static ResultBound bound(Work work) {
    WorkData data = WorkData.of(work);
    double change = ResultBound.change(work);
    return new ResultBound(
        results(work, data),
        List.of(results(work, data.changed(change, 1)), results(work, data.changed(change, 2))));
  }

  @ParameterizedTest
  @MethodSource("works")
  void letsRoundingThrough(Work work) {
    Map<String, float[]> other =
        results(work, WorkData.of(work).changed(ResultBound.change(work) / 2, 3));
    assertEquals(Optional.empty(), bound(work).disagreement(other));
  }

  @ParameterizedTest
  @MethodSource("works")
  void refusesAThousandthNaNAndWhatIsMissing(Work work) {
    ResultBound bound = bound(work);
    for (String name : results(work, WorkData.of(work)).keySet()) {
      for (float wrong : new float[] {1e-3f, Float.NaN}) {
        Map<String, float[]> other = results(work, WorkData.of(work));
        float[] values = other.get(name);
        int largest = 0;
        for (int i = 0; i < values.length; i++) {
          largest = Math.abs(values[i]) > Math.abs(values[largest]) ? i : largest;
        }
        values[largest] += values[largest] * wrong;
        String said = bound.disagreement(other).orElse("nothing");
        assertTrue(said.startsWith(name + " differs from Sluice's by "), name + ": " + said);
      }
      Map<String, float[]> other = results(work, WorkData.of(work));
      other.remove(name);
      assertNotEquals(Optional.empty(), bound.disagreement(other));
    }
  }

  /** What an engine would compute that takes the gates in another order. */
  @ParameterizedTest
  @MethodSource("works")
  void refusesGatesInAnotherOrder(Work work) {
    float[] reversed = results(work, WorkData.of(work)).get(first(work));
    for (int i = 0; i < reversed.length / 2; i++) {
      float spare = reversed[i];
      reversed[i] = reversed[reversed.length - 1 - i];
      reversed[reversed.length - 1 - i] = spare;
    }
    Map<String, float[]> other = results(work, WorkData.of(work));
    other.put(first(work), reversed);
    assertNotEquals(Optional.empty(), bound(work).disagreement(other));
  }

  private static String first(Work work) {
    return work.kind() == Kind.LANGUAGE_MODEL || work.kind() == Kind.TRAIN ? "dbias_ih_l0" : "y";
  }
}
