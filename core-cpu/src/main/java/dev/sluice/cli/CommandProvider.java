package dev.sluice.cli;

import java.io.PrintStream;

/** Adds a command that lives in another module; found through {@link java.util.ServiceLoader}. */
public interface CommandProvider {
  /**
   * The command, for one run of the command line.
   *
   * @param out receives results
   * @param err receives progress and notes
   * @return an object with picocli's {@code @Command} that is {@code Callable<Integer>}; it throws
   *     {@link UsageException} for wrong usage and any other exception for a failure
   */
  Object command(PrintStream out, PrintStream err);
}
