package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({"90s,90", "5m,300", "1h30m,5400", "2d,172800", "1d1h1m1s,90061", "0s,0"})
  void partsAddUp(String text, long seconds) {
    assertEquals(Duration.ofSeconds(seconds), new Durations().convert(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "90", "s", "3x", "-5s", "30s5m", "1.5h", " 5s"})
  void otherTextIsRefused(String text) {
    assertThrows(TypeConversionException.class, () -> new Durations().convert(text));
  }

  @Test
  void whatIsWrittenIsReadBack() {
    Duration duration = Duration.ofSeconds(12_345);
    assertEquals(duration, new Durations().convert(Durations.format(duration)));
  }
}
