package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** On a class path without a CUDA backend, as here; module core-gpu tests the rest. */
class DoctorCommandTest {
  @Test
  void withoutACudaBackendItSaysSo() {
    CommandRun run = CommandRun.of("doctor");
    assertEquals(1, run.code());
    assertTrue(run.out().contains("PROBLEM: this build has no CUDA backend; put"), run.out());
    assertEquals("verdict    no GPU can be used here", run.out().lines().toList().getLast());
  }

  @Test
  void jsonHoldsTheVerdict() throws IOException {
    JsonNode report = new ObjectMapper().readTree(CommandRun.of("doctor", "--json").out());
    assertFalse(report.path("usable").asBoolean(true));
    assertFalse(report.path("standIn").asBoolean(true));
    assertTrue(report.path("verdict").asText().startsWith("no GPU can be used: this build"));
  }
}
