package dev.sluice.cli;

import dev.sluice.format.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Training options from a file and from the command line, as one. A file's keys are the options'
 * names without the dashes.
 */
final class TrainConfig {
  private final TrainOptions options = new TrainOptions();
  private final CommandLine line =
      new CommandLine(options).setCaseInsensitiveEnumValuesAllowed(true);

  private TrainConfig(List<String> arguments) {
    line.parseArgs(arguments.toArray(String[]::new));
  }

  /** Only what the command line gave. */
  static TrainConfig of(CommandSpec given) {
    return new TrainConfig(arguments(matched(given)));
  }

  /**
   * A file's options, each replaced by the command line's where that has it.
   *
   * @param dropped keys of the file that do not count
   * @throws UsageException when the file has an unknown key or an ill-typed value
   */
  static TrainConfig of(ConfigFile file, CommandSpec given, Set<String> dropped) {
    return of(file, matched(given), dropped);
  }

  /** As above without a command line. */
  static TrainConfig of(ConfigFile file) {
    return of(file, new LinkedHashMap<>(), Set.of());
  }

  private static TrainConfig of(
      ConfigFile file, Map<String, List<String>> values, Set<String> dropped) {
    Map<String, OptionSpec> known = configurable(new CommandLine(new TrainOptions()));
    for (Map.Entry<String, ConfigFile.Entry> entry : file.entries().entrySet()) {
      check(file, entry.getKey(), entry.getValue(), known);
      if (!dropped.contains(entry.getKey())) {
        values.putIfAbsent(entry.getKey(), entry.getValue().values());
      }
    }
    return new TrainConfig(arguments(values));
  }

  private static void check(
      ConfigFile file, String key, ConfigFile.Entry entry, Map<String, OptionSpec> known) {
    OptionSpec option = known.get(key);
    if (option == null) {
      throw file.error(
          entry.line(),
          "there is no option '%s'; the nearest is '%s'"
              .formatted(key, NearestName.of(key, known.keySet())));
    }
    if (entry.list() && !option.isMultiValue()) {
      throw file.error(entry.line(), "'" + key + "' takes one value, not a list");
    }
    for (String value : entry.values()) {
      try {
        new CommandLine(new TrainOptions())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .parseArgs("--" + key + "=" + value);
      } catch (ParameterException _) {
        throw file.error(
            entry.line(),
            "'%s' must be %s, not '%s'".formatted(key, UsageMessages.wanted(option), value));
      }
    }
  }

  /** The options that the command line gave, by key. */
  private static Map<String, List<String>> matched(CommandSpec given) {
    CommandLine.ParseResult parsed = given.commandLine().getParseResult();
    Map<String, List<String>> values = new LinkedHashMap<>();
    configurable(given.commandLine())
        .forEach((key, option) -> {
          if (parsed.hasMatchedOption(option)) {
            values.put(key, texts(option));
          }
        });
    return values;
  }

  /** The options that a file may hold, by key, in the order of the help. */
  private static Map<String, OptionSpec> configurable(CommandLine line) {
    Map<String, OptionSpec> options = new LinkedHashMap<>();
    for (OptionSpec option : line.getCommandSpec().options()) {
      if (isConfigurable(option)) {
        options.put(option.longestName().substring(2), option);
      }
    }
    return options;
  }

  /** Whether a configuration file may hold an option: those in the groups of {@link TrainOptions}. */
  static boolean isConfigurable(OptionSpec option) {
    return option.group() != null;
  }

  private static List<String> texts(OptionSpec option) {
    Object value = option.getValue();
    return switch (value) {
      case null -> List.of();
      case Collection<?> many -> many.stream().map(TrainConfig::text).toList();
      default -> List.of(text(value));
    };
  }

  private static String text(Object value) {
    return switch (value) {
      case Duration duration -> Durations.format(duration);
      case Path path -> path.toAbsolutePath().normalize().toString();
      default -> value.toString();
    };
  }

  private static List<String> arguments(Map<String, List<String>> values) {
    List<String> arguments = new ArrayList<>();
    values.forEach((key, texts) -> texts.forEach(text -> arguments.add("--" + key + "=" + text)));
    return arguments;
  }

  /** The options; what is decided later, such as a default that depends on others, is set in it. */
  TrainOptions options() {
    return options;
  }

  /** Every option that has a value now, as text, by key; lists hold several. */
  Map<String, List<String>> values() {
    Map<String, List<String>> values = new LinkedHashMap<>();
    configurable(line).forEach((key, option) -> values.put(key, texts(option)));
    values.values().removeIf(List::isEmpty);
    return values;
  }

  /** The options as a list of names and values, for people. */
  Map<String, String> describe() {
    Map<String, String> described = new LinkedHashMap<>();
    values().forEach((key, texts) -> described.put(key, String.join(", ", texts)));
    return described;
  }

  /**
   * Writes the options to a file that {@link ConfigFile} reads, whole or not at all. The run's own
   * folder is left out, so that the file can start another run.
   *
   * @param comments lines at the top
   */
  void write(Path file, List<String> comments) throws IOException {
    StringBuilder yaml = new StringBuilder();
    comments.forEach(comment -> yaml.append("# ").append(comment).append('\n'));
    values()
        .forEach((key, texts) -> {
          if (key.equals("out")) {
            return;
          }
          yaml.append(key).append(':');
          if (key.equals("data")) {
            texts.forEach(text -> yaml.append("\n  - ").append(quoted(text)));
          } else {
            yaml.append(' ').append(texts.getFirst());
          }
          yaml.append('\n');
        });
    AtomicFile.write(file, out -> out.write(yaml.toString().getBytes(StandardCharsets.UTF_8)));
  }

  /** A path as a double-quoted YAML scalar. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (Character.isISOControl(c)) {
        quoted.append(String.format("\\x%02x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
