package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.bench.peers.Work;
import dev.sluice.cli.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which rows are compared with the peers. */
class PeerComparisonTest {
  @Test
  void rowsAreChosenBySuiteAndName() {
    assertEquals(22, PeerComparison.works(List.of(Suite.values()), "", false).size());
    List<Work> some = PeerComparison.works(List.of(Suite.CELLS, Suite.STREAM), "lstm 128,", false);
    assertEquals(
        List.of("LSTM 128,1,32,64 train", "LSTM 128,1,32,64 forward", "LSTM 128,2 step"),
        some.stream().map(Work::title).toList());
    List<Work> quick = PeerComparison.works(List.of(Suite.values()), "", true);
    assertTrue(quick.size() >= 6 && quick.size() <= 9, quick.toString());
  }

  @Test
  void aNameThatNoRowHasIsWrongUsage() {
    for (List<Suite> suites : List.of(List.of(Suite.LM), List.of(Suite.GEMM))) {
      UsageException problem =
          assertThrows(UsageException.class, () -> PeerComparison.works(suites, "GRU 77", false));
      assertTrue(problem.getMessage().contains("'GRU 77'"), problem.getMessage());
    }
  }
}
