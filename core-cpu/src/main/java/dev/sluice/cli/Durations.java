package dev.sluice.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations as people write them: {@code 90s}, {@code 5m}, {@code 1h30m}, {@code 2d}. */
final class Durations implements ITypeConverter<Duration> {
  private static final Pattern FORM =
      Pattern.compile("(?:(\\d{1,6})d)?(?:(\\d{1,6})h)?(?:(\\d{1,6})m)?(?:(\\d{1,10})s)?");

  /** The longest, 100 years of 365 days; in seconds it has the ten digits that are read. */
  static final Duration MOST = Duration.ofDays(36_500);

  @Override
  public Duration convert(String text) {
    Matcher matcher = FORM.matcher(text);
    if (text.isEmpty() || !matcher.matches()) {
      throw new TypeConversionException("'" + text + "' is not a duration such as 90s, 5m or 2h");
    }
    Duration duration =
        Duration.ofDays(number(matcher, 1))
            .plusHours(number(matcher, 2))
            .plusMinutes(number(matcher, 3))
            .plusSeconds(number(matcher, 4));
    if (duration.compareTo(MOST) > 0) {
      throw new TypeConversionException(
          "'" + text + "' is longer than the longest duration, 100 years (36500d)");
    }
    return duration;
  }

  private static long number(Matcher matcher, int group) {
    return matcher.group(group) == null ? 0 : Long.parseLong(matcher.group(group));
  }

  /** The form that {@link #convert} reads back, in whole seconds. */
  static String format(Duration duration) {
    return duration.toSeconds() + "s";
  }
}
