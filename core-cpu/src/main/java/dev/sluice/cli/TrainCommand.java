package dev.sluice.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "train", description = "tbd")
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private TrainOptions options;
  @Override
  public Integer call() {
    spec.options().forEach(o -> System.out.println(o.longestName() + " " + o.getValue() + " " + spec.commandLine().getParseResult().hasMatchedOption(o)));
    return 0;
  }
}
