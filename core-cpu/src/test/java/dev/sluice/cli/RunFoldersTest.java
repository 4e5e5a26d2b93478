package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFoldersTest {
  @TempDir private Path folder;

  @Test
  void runsThatBeginInTheSameSecondHaveFoldersOfTheirOwn() throws IOException {
    Path runs = folder.resolve("runs");
    for (String name : new String[] {"now", "now-2", "now-3"}) {
      Path claimed = RunFolders.claim(runs, "now").folder();
      assertEquals(runs.resolve(name), claimed);
      assertTrue(Files.isDirectory(claimed));
    }
  }
}
