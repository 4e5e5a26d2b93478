package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class TrainConfigTest {
  @TempDir private Path folder;

  private static CommandLine.Model.CommandSpec given(String... arguments) {
    CommandLine line =
        new CommandLine(new TrainOptions()).setCaseInsensitiveEnumValuesAllowed(true);
    line.parseArgs(arguments);
    return line.getCommandSpec();
  }

  private ConfigFile file(String text) throws IOException {
    return ConfigFile.read(Files.writeString(folder.resolve("c.yaml"), text));
  }

  @Test
  void theCommandLineOverridesTheFileAndTheFileTheDefaults() throws IOException {
    ConfigFile file = file("hidden: 48\nlayers: 3\ndata: [x, y]\ntie: true\nlayer-norm: true\n");
    TrainOptions options =
        TrainConfig.of(file, given("--hidden", "7", "--data=z", "--no-tie"), Set.of()).options();
    assertEquals(7, options.model.hidden);
    assertEquals(3, options.model.layers);
    assertEquals(List.of(Path.of("z").toAbsolutePath()), options.text.data);
    assertEquals(false, options.model.tie);
    assertEquals(true, options.model.layerNorm);
    assertEquals(Choices.Cell.LSTM, options.model.cell);
  }

  @Test
  void droppedKeysDoNotCountButTheCommandLineDoes() throws IOException {
    ConfigFile file = file("max-steps: 10\nepochs: 2\nhidden: 9\n");
    RunOptions run =
        TrainConfig.of(file, given("--epochs=5"), Set.of("max-steps", "epochs")).options().run;
    assertEquals(5L, run.epochs);
    assertEquals(null, run.maxSteps);
  }

  /** Every option, set to something other than its default, survives being written and read. */
  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    Map<String, String> other = new LinkedHashMap<>();
    TrainConfig defaults = TrainConfig.of(given());
    for (CommandLine.Model.OptionSpec option : given().options()) {
      Class<?> type = option.auxiliaryTypes()[0];
      Object current = option.getValue();
      String value;
      if (type.isEnum()) {
        Object[] all = type.getEnumConstants();
        Object last = all[all.length - 1];
        value = (last.equals(current) ? all[0] : last).toString();
      } else if (type == boolean.class) {
        value = "true";
      } else if (type == Duration.class) {
        value = "77s";
      } else if (type == Path.class) {
        value = folder.resolve("a \"b\" \\c: #d").toString();
      } else if (type == String.class) {
        value = "reference";
      } else {
        boolean whole =
            type == int.class || type == Integer.class || type == long.class || type == Long.class;
        value = whole ? "12345" : "1.25E-7";
      }
      other.put(option.longestName().substring(2), value);
    }
    String[] arguments =
        other.entrySet().stream()
            .map(entry -> "--" + entry.getKey() + "=" + entry.getValue())
            .toArray(String[]::new);
    TrainConfig config = TrainConfig.of(given(arguments));
    Path file = folder.resolve("written.yaml");
    config.write(file, List.of("a comment"));
    Map<String, List<String>> expected = config.values();
    assertEquals(other.keySet(), expected.keySet(), "an option has no value");
    expected.remove("out");
    assertEquals(expected, TrainConfig.of(ConfigFile.read(file)).values());
    expected.forEach(
        (key, value) -> assertTrue(!value.equals(defaults.values().get(key)), key + " is default"));
  }

  @Test
  void anUnknownKeyIsToldWithFileLineAndTheNearest() throws IOException {
    ConfigFile file = file("layers: 1\nhiden: 4\n");
    String message = assertThrows(UsageException.class, () -> TrainConfig.of(file)).getMessage();
    assertEquals(
        folder.resolve("c.yaml") + ", line 2: there is no option 'hiden'; the nearest is 'hidden'",
        message);
  }

  @Test
  void anIllTypedValueIsToldWithFileLineAndType() throws IOException {
    Map<String, String> wrong =
        Map.of(
            "hidden: many", "'hidden' must be a whole number, not 'many'",
            "lr: fast", "'lr' must be a number, not 'fast'",
            "tie: maybe", "'tie' must be true or false, not 'maybe'",
            "cell: lsmt", "'cell' must be one of lstm, gru, rnn, rnn-relu, not 'lsmt'",
            "max-time: 90",
                "'max-time' must be a duration such as 90s, 5m or 2h, of at most 100 years (36500d), not '90'",
            "hidden: [1, 2]", "'hidden' takes one value, not a list",
            "resume: x", "there is no option 'resume'");
    for (Map.Entry<String, String> entry : wrong.entrySet()) {
      ConfigFile file = file("\n" + entry.getKey() + "\n");
      String message = assertThrows(UsageException.class, () -> TrainConfig.of(file)).getMessage();
      assertTrue(
          message.startsWith(folder.resolve("c.yaml") + ", line 2: " + entry.getValue()), message);
    }
  }
}
