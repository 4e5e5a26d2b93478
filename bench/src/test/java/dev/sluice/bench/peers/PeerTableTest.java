package dev.sluice.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.bench.peers.Work.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ratios, works as words, and how the engines' processes are started. */
class PeerTableTest {
  private static final Work TRAIN = new Work(Kind.TRAIN, CellType.LSTM, 100, 1, 10, 10, 0);

  @Test
  void aRatioAboveOneMeansThatSluiceIsFaster() {
    PeerRow row =
        new PeerRow(
            TRAIN,
            List.of(
                new PeerRow.Timed(Peer.SLUICE, "2", List.of(2e6, 1e6, 4e6)),
                new PeerRow.Timed(Peer.PYTORCH, "1", List.of(3e6, 3e6, 2e6)),
                new PeerRow.Timed(Peer.DL4J, "1", List.of(9e6, 8e6, 8e6))));
    // 3 · 2·T·B·4H·2H = 48 million operations
    assertEquals(
        List.of(
            List.of(
                "LSTM 100,1,10,10 train",
                "2.00 ms",
                "2",
                "24.0",
                "PyTorch",
                "3.00 ms",
                "1",
                "16.0",
                "1.50",
                "0.50-3.00"),
            List.of(
                "LSTM 100,1,10,10 train",
                "2.00 ms",
                "2",
                "24.0",
                "DL4J",
                "8.00 ms",
                "1",
                "6.0",
                "4.00",
                "2.00-8.00")),
        PeerTable.lines(List.of(row)));
    assertEquals(PeerTable.header().size(), PeerTable.lines(List.of(row)).getFirst().size());
    assertEquals(
        "LSTM 100,1,10,10 train: 2.00 ms on 2 threads, PyTorch 1.50, DL4J 4.00",
        PeerTable.sentence(row));
    assertEquals(1.5, PeerRow.median(List.of(2.0, 1.0)));
  }

  @Test
  void aWorkIsReadFromItsWords() {
    List<Work> works = new ArrayList<>(PeerWorks.cells());
    works.addAll(PeerWorks.streams());
    works.addAll(PeerWorks.languageModels());
    assertEquals(22, works.size());
    assertEquals(22, works.stream().map(Work::title).distinct().count());
    for (Work work : works) {
      assertEquals(work, Work.parse(work.toWords()));
      assertTrue(Peer.PYTORCH.does(work));
    }
    assertThrows(IllegalArgumentException.class, () -> Work.parse("TRAIN LSTM 1 1 1 1"));
    assertThrows(IllegalArgumentException.class, () -> Work.parse("TRAIN LSTM 1 1 0 1 0"));
    assertThrows(IllegalArgumentException.class, () -> Work.parse("TRAIN LSTM 1 1 1 1 5"));
  }

  @Test
  void nobodyIsAskedForWhatItCannotDo() {
    Work gru = new Work(Kind.TRAIN, CellType.GRU, 8, 1, 1, 1, 0);
    assertFalse(Peer.DL4J.does(gru));
    assertFalse(Peer.ONNX_RUNTIME.does(gru));
    assertTrue(Peer.DL4J.does(TRAIN));
    assertTrue(Peer.ONNX_RUNTIME.does(new Work(Kind.STREAM, CellType.GRU, 8, 1, 1, 1, 0)));
  }

  @Test
  void settingsCoverOneThreadAndAllCores() {
    assertEquals(List.of("1"), settings(Peer.PYTORCH, TRAIN, 1));
    assertEquals(
        List.of("1", "4", "4 OMP_WAIT_POLICY=passive", "4 OMP_NUM_THREADS=1"),
        settings(Peer.PYTORCH, TRAIN, 4));
    assertEquals(List.of("1", "4"), settings(Peer.SLUICE, TRAIN, 4));
  }

  @Test
  void singleStepsOfPyTorchAreTriedWithOneDnnToo() {
    Work step = new Work(Kind.STREAM, CellType.LSTM, 8, 1, 1, 1, 0);
    assertEquals(List.of("1", "1 SLUICE_ONEDNN=on"), settings(Peer.PYTORCH, step, 1));
    assertTrue(settings(Peer.PYTORCH, step, 4).contains("4 SLUICE_ONEDNN=on"));
    assertEquals(List.of("1", "4"), settings(Peer.ONNX_RUNTIME, step, 4));
  }

  private static List<String> settings(Peer peer, Work work, int cores) {
    return peer.settings(work, cores).stream().map(Setting::title).toList();
  }

  @Test
  void aPeerThatIsNotBuiltIsSaidToBe(@TempDir Path home) {
    PeerException problem =
        assertThrows(
            PeerException.class, () -> new Installation(home, _ -> true).command(Peer.PYTORCH));
    assertEquals(
        "PyTorch is not built: build the peers once (Maven fetches some 400 MB):"
            + " mvn -P peers -DskipTests package",
        problem.getMessage());
  }

  @Test
  void dl4jGetsTheNativesOfTheCpu(@TempDir Path home) throws IOException {
    Path target = Files.createDirectories(home.resolve("bench/peers/dl4j/target"));
    Path lib = Files.createDirectory(target.resolve("lib"));
    Files.createFile(target.resolve("peer-dl4j-1.jar"));
    Files.createFile(lib.resolve("nd4j-native-1-linux-x86_64-avx2.jar"));
    Files.createFile(lib.resolve("nd4j-native-1-linux-x86_64-avx512.jar"));
    assertTrue(classPath(home, "avx512f").endsWith("-avx512.jar"));
    assertFalse(classPath(home, "avx512f").contains("-avx2.jar"));
    assertTrue(classPath(home, "avx2").endsWith("-avx2.jar"));
    assertThrows(PeerException.class, () -> classPath(home, "sse2"));
  }

  private static String classPath(Path home, String feature) throws PeerException {
    List<String> command = new Installation(home, feature::equals).command(Peer.DL4J);
    return command.get(command.indexOf("-cp") + 1);
  }
}
