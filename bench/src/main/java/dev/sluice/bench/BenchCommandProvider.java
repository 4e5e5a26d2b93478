package dev.sluice.bench;

import dev.sluice.cli.CommandProvider;
import java.io.PrintStream;

/** Adds {@code bench} to the command line. */
public final class BenchCommandProvider implements CommandProvider {
  /** For {@link java.util.ServiceLoader}. */
  public BenchCommandProvider() {}

  @Override
  public Object command(PrintStream out, PrintStream err) {
    return new BenchCommand(out, err);
  }
}
