package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sluice.backend.Backend;
import dev.sluice.backend.OutOfDeviceMemoryException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainSummaryTest {
  @TempDir private Path folder;

  /** The run is over and saved then: its last words must not turn it into a failure. */
  @Test
  void withoutMemoryForASampleTheReasonTakesItsPlace() throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "Six slippery snails. ".repeat(100));
    Path run = folder.resolve("run");
    CommandRun trained =
        CommandRun.of(
            "train",
            "--data=" + text,
            "--hidden=4",
            "--batch=2",
            "--bptt=8",
            "--max-steps=1",
            "--device=cpu",
            "--out=" + run);
    assertEquals(0, trained.code(), trained.err());
    Backend full =
        (Backend)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Backend.class},
                (_, _, _) -> {
                  throw new OutOfDeviceMemoryException("GPU 0 is out of memory");
                });
    TrainSummary.Sample sample = TrainSummary.Sample.by(run.resolve("model.safetensors"), full);
    assertNull(sample.text());
    assertEquals("GPU 0 is out of memory", sample.missing());
  }
}
