package dev.sluice.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "parity", description = "tbd")
final class ParityCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return 0;
  }
}
