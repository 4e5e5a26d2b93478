package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ParityCommandTest {
  @Test
  void theTableHasALineForEachCaseAndASummary() {
    CommandRun run = CommandRun.of("parity", "--device=reference", "--operation=embedding");
    assertEquals(0, run.code(), run.err());
    long lines = run.out().lines().filter(line -> line.startsWith("embedding")).count();
    String summary = run.out().lines().toList().getLast();
    assertTrue(lines > 3, run.out());
    assertTrue(summary.startsWith("reference: " + lines + " cases, 0 failed"), summary);
  }

  @Test
  void jsonHoldsErrorAndBoundOfEachCase() throws IOException {
    CommandRun run =
        CommandRun.of("parity", "--device=reference", "--operation=embedding", "--json");
    assertEquals(0, run.code(), run.err());
    JsonNode report = new ObjectMapper().readTree(run.out()).get(0);
    assertEquals(report.path("cases").asInt(), report.path("results").size());
    for (JsonNode result : report.path("results")) {
      assertTrue(result.path("error").asDouble() <= result.path("bound").asDouble());
    }
  }

  @Test
  void anUnknownOperationIsWrongUsage() {
    assertEquals(2, CommandRun.of("parity", "--operation=gex").code());
  }
}
