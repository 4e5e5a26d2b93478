package dev.sluice.cli;

import java.util.function.Supplier;

/** Turns a refused option value into wrong usage. */
final class Options {
  private Options() {}

  /**
   * What {@code build} makes of options.
   *
   * @throws UsageException when it refuses them, with its sentence
   */
  static <T> T checked(Supplier<T> build) {
    try {
      return build.get();
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /**
   * Refuses a value below the least that an option takes; null, for not given, passes.
   *
   * @throws UsageException naming the option
   */
  static void requireAtLeast(long least, String option, Long value) {
    if (value != null && value < least) {
      throw new UsageException(option + " must be at least " + least + ", not " + value);
    }
  }
}
