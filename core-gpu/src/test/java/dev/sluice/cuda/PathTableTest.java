package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.RecurrentSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which path a layer takes, on a device as large as an H200 unless it says otherwise. */
class PathTableTest {
  /** A device on which a kernel of all steps has a multiprocessor for each block. */
  private record Sizes(int multiprocessors, int sharedBytes, int blocksEach)
      implements PathTable.Limits {
    @Override
    public int residentBlocks(String kernel, int asked) {
      return asked > sharedBytes ? 0 : blocksEach * multiprocessors;
    }
  }

  private static final Sizes H200 = new Sizes(132, 232_448, 1);

  private static PathChoice choose(
      CellType cell, int units, int batch, Precision precision, RecurrentPath asked, Sizes sizes) {
    RecurrentSpec spec = RecurrentSpec.of(cell, 3, units);
    return new PathTable(precision, asked, sizes).choose(spec, batch, true);
  }

  @ParameterizedTest
  @CsvSource({
    "LSTM, 64, 16, BF16, SMALL",
    "LSTM, 128, 16, TF32, SMALL",
    "GRU, 128, 1056, BF16, SMALL",
    "LSTM, 128, 4096, BF16, STANDARD",
    "LSTM, 129, 16, BF16, GRID",
    "LSTM, 768, 16, BF16, GRID",
    "LSTM, 1024, 64, BF16, GRID",
    "GRU, 1024, 64, TF32, GRID",
    "LSTM, 2048, 64, BF16, GRID",
    "LSTM, 2048, 128, BF16, STANDARD",
    "LSTM, 2048, 16, TF32, STANDARD",
    "LSTM, 4096, 16, BF16, STANDARD",
    "LSTM, 64, 16, FP32, SMALL",
    "LSTM, 768, 16, FP32, STANDARD",
    "RNN_TANH, 64, 16, BF16, STANDARD"
  })
  void theTableChooses(
      CellType cell, int units, int batch, Precision precision, RecurrentPath expected) {
    PathChoice choice = choose(cell, units, batch, precision, RecurrentPath.AUTO, H200);
    assertEquals(expected, choice.path(), choice.toString());
    if (expected != RecurrentPath.STANDARD) {
      assertTrue(choice.why().endsWith("(estimate, not yet measured on a GPU)"), choice.why());
    }
    int before = expected == RecurrentPath.SMALL ? 0 : expected == RecurrentPath.GRID ? 1 : 2;
    assertEquals(before, choice.others().size());
  }

  @Test
  void aGruWithTheResetGateBeforeIsStandard() {
    RecurrentSpec spec = RecurrentSpec.of(CellType.GRU, 3, 64).withResetBefore(true);
    PathChoice choice =
        new PathTable(Precision.BF16, RecurrentPath.AUTO, H200).choose(spec, 8, true);
    assertEquals(RecurrentPath.STANDARD, choice.path());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "SMALL | LSTM | 129 | BF16 | H is 129, and R of at most 128 fits into one multiprocessor",
        "GRID | LSTM | 64 | FP32 | its matrix units multiply in tf32 or bf16, and fp32 is asked"
            + " for",
        "GRID | RNN_RELU | 64 | BF16 | there is no such kernel for RNN_RELU",
        "GRID | LSTM | 4096 | BF16 | R of 4096 units does not fit into 132 multiprocessors"
      })
  void aPathThatCannotRunALayerIsRefused(
      RecurrentPath asked, CellType cell, int units, Precision precision, String why) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> choose(cell, units, 4, precision, asked, H200));
    assertTrue(refused.getMessage().contains(why), refused.getMessage());
    assertTrue(refused.getMessage().endsWith("; use --recurrent-path auto"), refused.getMessage());
  }

  /** On GPUs whose blocks get less shared memory the weights of a small layer in fp32 do not fit. */
  @Test
  void aSmallLayerThatDoesNotFitFallsBack() {
    Sizes ada = new Sizes(76, 101_376, 1);
    PathChoice choice = choose(CellType.LSTM, 128, 16, Precision.FP32, RecurrentPath.AUTO, ada);
    assertEquals(RecurrentPath.STANDARD, choice.path());
    assertTrue(
        choice.others().getFirst().startsWith("not small: a block needs "),
        choice.others().toString());
    assertEquals(
        RecurrentPath.SMALL,
        choose(CellType.LSTM, 96, 16, Precision.FP32, RecurrentPath.AUTO, ada).path());
  }

  /** Where not all blocks of a grid can be there at once, they would wait for ever. */
  @Test
  void aGridThatIsNotResidentFallsBack() {
    Sizes crowded = new Sizes(132, 232_448, 0);
    PathChoice choice = choose(CellType.LSTM, 768, 16, Precision.BF16, RecurrentPath.AUTO, crowded);
    assertEquals(RecurrentPath.STANDARD, choice.path());
    assertEquals(
        "not grid: its 96 blocks wait for each other, and only 0 can be on this GPU at a time",
        choice.others().getLast());
  }

  @Test
  void everyLayerAndDirectionIsExplained() {
    RecurrentSpec spec =
        RecurrentSpec.of(CellType.LSTM, 3, 768).withLayers(2).withBidirectional(true);
    PathTable table = new PathTable(Precision.BF16, RecurrentPath.AUTO, H200);
    PathChoice choice = table.choose(spec, 16, true);
    List<String> lines =
        choice.lines(spec, StackSchedule.of(spec, true, false, choice.path()), 1024);
    assertEquals(6, lines.size(), lines.toString());
    assertTrue(
        lines
            .get(3)
            .startsWith(
                "layer 1, backwards: grid, sluice_lstm_grid_forward_bf16_n8 with 48 x 2 blocks of"
                    + " 16 units, 1 rounds of 8 sequences, "),
        lines.get(3));
    assertTrue(lines.get(4).startsWith("why grid: "), lines.get(4));
    assertTrue(lines.get(5).startsWith("not small: H is 768"), lines.get(5));
  }
}
