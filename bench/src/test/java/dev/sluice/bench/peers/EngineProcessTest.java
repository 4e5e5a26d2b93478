package dev.sluice.bench.peers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CellType;
import dev.sluice.bench.peers.Work.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** An engine's process answers, sleeps while it is not asked, and a broken one is reported. */
@EnabledOnOs(OS.LINUX)
class EngineProcessTest {
  private static final Duration LONG = Duration.ofSeconds(100);
  private static final Work WORK = new Work(Kind.FORWARD, CellType.LSTM, 8, 1, 2, 3, 0);

  @TempDir Path folder;

  private static EngineProcess start(Class<?> factory, Duration patience) throws IOException {
    return start(factory.getName(), patience);
  }

  private static EngineProcess start(String factory, Duration patience) throws IOException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            EngineServer.class.getName(),
            factory);
    return new EngineProcess("Fake", command, Map.of("SOME_VARIABLE", "1"), patience);
  }

  @Test
  void answersAndIsStoppedBetweenRequests() throws Exception {
    try (EngineProcess process = start(FakeEngines.Good.class, LONG)) {
      Path file = folder.resolve("results");
      process.check(WORK, 1, 0, 0, file);
      Map<String, float[]> results = ArrayFile.read(file);
      assertEquals(1, results.size());
      assertArrayEquals(new float[] {1, -2.5f, Float.MIN_VALUE}, results.get("y"));
      awaitStopped(process);
      process.prepare(WORK, 1);
      assertEquals(5, process.time(5).length);
      awaitStopped(process);
    }
  }

  /** A signal takes a moment to reach all threads. */
  private static void awaitStopped(EngineProcess process) throws Exception {
    for (int tries = 0; tries < 500 && !state(process).equals("T"); tries++) {
      Thread.sleep(10);
    }
    assertEquals("T", state(process), "stopped");
  }

  /** The third word of Linux's line about a process. */
  private static String state(EngineProcess process) throws IOException {
    String line = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
    return line.substring(line.lastIndexOf(')') + 2).substring(0, 1);
  }

  @Test
  void aProcessThatEndsIsReportedWithWhatItSaid() throws IOException {
    try (EngineProcess process = start(FakeEngines.Dying.class, LONG)) {
      process.prepare(WORK, 1);
      PeerException problem = assertThrows(PeerException.class, () -> process.time(1));
      assertTrue(
          problem.getMessage().startsWith("the process of Fake ended with exit code 7; its last")
              && problem.getMessage().endsWith("no such instruction"),
          problem.getMessage());
    }
  }

  @Test
  void anEngineThatIsNotThereIsReported() throws IOException {
    try (EngineProcess process = start("dev.sluice.NoSuchEngines", LONG)) {
      PeerException problem = assertThrows(PeerException.class, () -> process.prepare(WORK, 1));
      assertTrue(
          problem.getMessage().contains("the process of Fake ended")
              && problem.getMessage().contains("NoSuchEngines"),
          problem.getMessage());
    }
  }

  @Test
  void aRefusalIsOneLine() throws IOException {
    try (EngineProcess process = start(FakeEngines.Refusing.class, LONG)) {
      PeerException problem = assertThrows(PeerException.class, () -> process.prepare(WORK, 1));
      assertEquals(
          "Fake failed: java.lang.UnsupportedOperationException: no GRU", problem.getMessage());
      assertThrows(PeerException.class, () -> process.time(1), "nothing is prepared");
    }
  }

  @Test
  void anAnswerThatDoesNotComeIsReported() throws IOException {
    try (EngineProcess process = start(FakeEngines.Hanging.class, Duration.ofSeconds(20))) {
      process.prepare(WORK, 1);
      PeerException problem = assertThrows(PeerException.class, () -> process.time(1));
      assertEquals("Fake did not answer \"time 1\" within 20 seconds", problem.getMessage());
    }
  }

  @Test
  void sluiceIsMeasuredBesideItself() throws IOException {
    PeerRow row = bench(SluiceEngines.class).measure(WORK, List.of(Peer.SLUICE, Peer.PYTORCH));
    assertEquals(2, row.ours().turns().size());
    assertEquals(Peer.PYTORCH, row.peers().getFirst().peer());
    assertTrue(row.ratio(row.peers().getFirst()) > 0);
  }

  @Test
  void whatComputesSomethingElseIsNotMeasured() {
    PeerException problem =
        assertThrows(
            PeerException.class,
            () -> bench(FakeEngines.Wrong.class).measure(WORK, List.of(Peer.SLUICE, Peer.PYTORCH)));
    assertEquals(
        "LSTM 8,1,2,3 forward on PyTorch, threads 1: y has 16 numbers, Sluice's 48; what computes"
            + " something else is not compared",
        problem.getMessage());
  }

  @Test
  void aSettingThatIsSlowAtFirstAndFastestInTheEndIsChosen() throws IOException {
    assertEquals("2", chosenOf(FakeEngines.Warming.class));
  }

  @Test
  void aSettingWhoseWarmUpWasDisturbedIsTimedInTurnWithTheOther() throws IOException {
    assertEquals("2", chosenOf(FakeEngines.Disturbed.class));
  }

  @Test
  void aSettingThatStillQuickensIsWarmedUpFurther() throws IOException {
    assertEquals("2", chosenOf(FakeEngines.Compiling.class));
  }

  @Test
  void noProcessOutlivesItsMeasurement() throws Exception {
    List<EngineProcess> started = new ArrayList<>();
    PeerBench bench =
        new PeerBench(
            (peer, _, patience) -> {
              started.add(
                  started(
                      peer == Peer.DL4J ? FakeEngines.Dying.class : FakeEngines.Good.class,
                      patience));
              return started.getLast();
            },
            2,
            new PeerBench.Effort(1_000_000, 1_000_000, 2),
            _ -> {});
    bench.measure(WORK, List.of(Peer.SLUICE, Peer.PYTORCH));
    assertEquals(6, started.size(), "settings of both");
    assertThrows(PeerException.class, () -> bench.measure(WORK, List.of(Peer.SLUICE, Peer.DL4J)));
    for (EngineProcess process : started) {
      assertFalse(ProcessHandle.of(process.pid()).map(ProcessHandle::isAlive).orElse(false));
    }
  }

  private static String chosenOf(Class<?> factory) throws IOException {
    PeerBench bench =
        new PeerBench(
            (_, _, patience) -> started(factory, patience),
            2,
            new PeerBench.Effort(400_000_000, 1_000_000, 2),
            _ -> {});
    return bench.measure(WORK, List.of(Peer.SLUICE)).ours().setting();
  }

  private static PeerBench bench(Class<?> instead) {
    return new PeerBench(
        (peer, _, patience) ->
            started(peer == Peer.SLUICE ? SluiceEngines.class : instead, patience),
        1,
        new PeerBench.Effort(1_000_000, 1_000_000, 2),
        _ -> {});
  }

  private static EngineProcess started(Class<?> factory, Duration patience) throws PeerException {
    try {
      return start(factory, patience);
    } catch (IOException e) {
      throw new PeerException("not started", e);
    }
  }
}
