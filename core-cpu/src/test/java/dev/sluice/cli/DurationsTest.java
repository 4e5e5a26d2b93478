package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
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

  @ParameterizedTest
  @ValueSource(strings = {"36500d1s", "999999d", "3153600001s", "876000h1m"})
  void moreThanAHundredYearsAreRefused(String text) {
    String sentence =
        assertThrows(TypeConversionException.class, () -> new Durations().convert(text))
            .getMessage();
    assertTrue(sentence.contains("100 years"), sentence);
    CommandRun run = CommandRun.of("train", "--max-time=" + text);
    assertEquals(2, run.code(), run.err());
    assertTrue(run.err().contains("100 years (36500d), not '" + text + "'"), run.err());
    assertTrue(run.err().contains("'sluice train --help'"), run.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "12345s", "999999999s", "1000000000s", "36500d"})
  void whatIsWrittenIsReadBack(String text) {
    Duration duration = new Durations().convert(text);
    assertEquals(duration, new Durations().convert(Durations.format(duration)));
  }
}
