package dev.sluice.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only one training at a time has a run's folder. */
class RunLockTest {
  @TempDir private Path folder;

  @Test
  void theSecondIsRefusedUntilTheFirstHasEnded() throws IOException {
    RunFolder run = new RunFolder(folder);
    try (RunLock _ = RunLock.take(run)) {
      IOException refusal = assertThrows(IOException.class, () -> RunLock.take(run));
      assertEquals(
          "another process is training in %s; wait until it ends or stop it, then try again"
              .formatted(folder),
          refusal.getMessage());
    }
    RunLock.take(run).close();
  }

  @Test
  void aFolderThatIsMissingIsNamed() {
    RunFolder missing = new RunFolder(folder.resolve("missing"));
    IOException failure = assertThrows(IOException.class, () -> RunLock.take(missing));
    assertEquals(
        "the run's lock %1$s cannot be opened: %1$s does not exist".formatted(missing.lock()),
        failure.getMessage());
  }
}
