package dev.sluice.bench;

import dev.sluice.cli.CommandProvider;
import java.io.PrintStream;

/** Adds {@code gpu-speed} to the command line. */
public final class GpuSpeedCommandProvider implements CommandProvider {
  /** For {@link java.util.ServiceLoader}. */
  public GpuSpeedCommandProvider() {}

  @Override
  public Object command(PrintStream out, PrintStream err) {
    return new GpuSpeedCommand(out, err);
  }
}
