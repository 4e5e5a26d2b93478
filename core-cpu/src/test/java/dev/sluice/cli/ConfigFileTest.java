package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
  @TempDir private Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("c.yaml"), text);
  }

  @Test
  void valuesKeepTheirLineAndText() throws IOException {
    ConfigFile read =
        ConfigFile.read(file("# a comment\nlr: 1.0E-8\n\ndata:\n  - \"a b\"\n  - c\ntie: true\n"));
    assertEquals(new ConfigFile.Entry(2, List.of("1.0E-8"), false), read.entries().get("lr"));
    assertEquals(new ConfigFile.Entry(4, List.of("a b", "c"), true), read.entries().get("data"));
    assertEquals(new ConfigFile.Entry(7, List.of("true"), false), read.entries().get("tie"));
  }

  @Test
  void anEmptyFileHasNoKeys() throws IOException {
    assertTrue(ConfigFile.read(file("# nothing\n")).entries().isEmpty());
  }

  /** Each kind of broken file is told with its line. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "- a\\n- b           | line 1: expected lines of the form 'key: value'",
        "lr: 1\\nlr: 2       | line 2: the key 'lr' was given before, in line 1",
        "lr:\\n              | line 1: the key 'lr' has no value",
        "lr:\\n  rate: 1     | the key 'lr' must have a plain value, not a group",
        "a: 1\\nb: [1, [2]]  | line 2: the key 'b' must have a plain value, not a group",
        "a: 1\\nb: 'open     | not valid YAML",
        "a: 1\\n\\tb: 2      | not valid YAML",
      })
  void brokenFilesAreRefused(String text, String expected) throws IOException {
    Path file = file(text.replace("\\n", "\n").replace("\\t", "\t"));
    String message = assertThrows(UsageException.class, () -> ConfigFile.read(file)).getMessage();
    assertTrue(message.startsWith(file + ", line "), message);
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void bytesThatAreNoTextAreRefused() throws IOException {
    Path file = Files.write(folder.resolve("b.yaml"), new byte[] {(byte) 0xFF, 0});
    assertThrows(UsageException.class, () -> ConfigFile.read(file));
  }
}
