package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The heap that a run holds, and the heap with which it can do, are within 20 % of the forecast. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class MemoryUseTest {
  @TempDir private Path folder;

  @Test
  void theForecastHolds() throws IOException, InterruptedException {
    Path text = Files.writeString(folder.resolve("text.txt"), "one two three. ".repeat(20_000));
    String[] train = {
      "train",
      "--data=" + text,
      "--out=" + folder.resolve("run"),
      "--hidden=256",
      "--batch=32",
      "--max-steps=3",
      "--threads=1",
      "--json"
    };
    CommandRun plan = CommandRun.of(append(train, "--dry-run"));
    assertEquals(0, plan.code(), plan.err());
    long forecast = new ObjectMapper().readTree(plan.out()).at("/memory/forecastBytes").asLong();

    CommandProcess run =
        new CommandProcess().jvm("-Xmx" + (long) (1.2 * forecast)).start(folder, train);
    assertEquals(0, run.code(), run.output());
    String json = run.output().substring(run.output().indexOf("{\n"));
    JsonNode memory = new ObjectMapper().readTree(json).path("memory");
    assertEquals(forecast, memory.path("forecastBytes").asLong());
    double training = memory.path("forecastTrainingBytes").asDouble();
    assertEquals(1, training / memory.path("usedBytes").asDouble(), 0.2);
  }

  private static String[] append(String[] first, String last) {
    String[] all = Arrays.copyOf(first, first.length + 1);
    all[first.length] = last;
    return all;
  }
}
