package dev.sluice.cli;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Puts wrong usage into one sentence. */
final class UsageMessages {
  private UsageMessages() {}

  /** What is wrong with a command line, and what was probably meant. */
  static String sentence(ParameterException problem) {
    if (problem instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched);
    }
    if (problem.getArgSpec() instanceof OptionSpec option && problem.getValue() != null) {
      return "%s must be %s, not '%s'"
          .formatted(option.longestName(), wanted(option), problem.getValue());
    }
    return problem.getMessage();
  }

  private static String unmatched(UnmatchedArgumentException problem) {
    CommandSpec command = problem.getCommandLine().getCommandSpec();
    String given = problem.getUnmatched().getFirst();
    if (problem.isUnknownOption()) {
      String name = given.contains("=") ? given.substring(0, given.indexOf('=')) : given;
      return nearest("option", name, command.optionsMap().keySet());
    }
    return command.subcommands().isEmpty()
        ? "'%s' is one argument too many".formatted(given)
        : nearest("command", given, command.subcommands().keySet());
  }

  private static String nearest(String kind, String name, Collection<String> known) {
    return "there is no %s %s; the nearest is %s"
        .formatted(kind, name, NearestName.of(name, List.copyOf(known)));
  }

  /** The type of an option in words. */
  static String wanted(OptionSpec option) {
    Class<?> type = option.auxiliaryTypes()[0];
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type == boolean.class) {
      return "true or false";
    }
    if (type == Duration.class) {
      return "a duration such as 90s, 5m or 2h, of at most 100 years (36500d)";
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(String::valueOf)
          .collect(Collectors.joining(", ", "one of ", ""));
    }
    return Number.class.isAssignableFrom(type) || type.isPrimitive() ? "a number" : "a path";
  }
}
