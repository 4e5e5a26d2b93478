package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Backends;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class InfoCommandTest {
  /** Every backend is listed with a verdict and a reason, and one is chosen. */
  @Test
  void everyBackendHasAVerdict() throws IOException {
    CommandRun run = CommandRun.of("info", "--json");
    assertEquals(0, run.code(), run.err());
    JsonNode report = new ObjectMapper().readTree(run.out());
    int chosen = 0;
    assertEquals(Backends.providers().size(), report.path("backends").size());
    for (JsonNode backend : report.path("backends")) {
      assertTrue(backend.path("reason").asText().length() > 5, backend.toString());
      chosen += backend.path("verdict").asText().equals("CHOSEN") ? 1 : 0;
    }
    assertEquals(1, chosen);
    assertTrue(report.path("vectorBits").asInt() >= 64);
    assertTrue(report.path("heapLimitBytes").asLong() > 0);
  }

  @Test
  void theTextNamesEachBackend() {
    String out = CommandRun.of("info", "--device=reference").out();
    for (BackendProvider provider : Backends.providers()) {
      assertTrue(out.contains("  " + provider.name() + " "), out);
    }
    assertTrue(out.contains("asked for with --device reference"), out);
  }

  @Test
  void everyCommandHasHelp() {
    for (String command : new String[] {"train", "generate", "eval", "info", "parity", "doctor"}) {
      CommandRun help = CommandRun.of(command, "--help");
      assertEquals(0, help.code());
      assertTrue(help.out().contains("sluice " + command), help.out());
    }
    assertTrue(CommandRun.of("--version").out().startsWith("sluice "));
  }
}
