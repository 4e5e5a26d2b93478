package dev.sluice.cli;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;

/** All that decides what a training run does: the options that a configuration file may hold. */
@Command(name = "sluice train", sortOptions = false)
final class TrainOptions {
  @ArgGroup(validate = false, order = 1, heading = "%nText:%n")
  DataOptions text = new DataOptions();

  @ArgGroup(validate = false, order = 2, heading = "%nModel:%n")
  ModelOptions model = new ModelOptions();

  @ArgGroup(validate = false, order = 3, heading = "%nOptimisation:%n")
  OptimizationOptions optimization = new OptimizationOptions();

  @ArgGroup(validate = false, order = 4, heading = "%nRun:%n")
  RunOptions run = new RunOptions();

  @ArgGroup(validate = false, order = 5, heading = "%nDevice:%n")
  TrainingDeviceOptions device = new TrainingDeviceOptions();
}
