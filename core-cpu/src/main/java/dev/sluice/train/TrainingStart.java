package dev.sluice.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is known when a run begins.
 *
 * @param configuration of the run, by name, in the order to show it; may be empty
 * @param parameters numbers that are trained
 * @param unit what throughput is counted in, in the plural
 * @param lossUnit unit of the loss; may be empty
 * @param stepsPerEpoch optimiser steps of one epoch
 * @param plannedSteps step at which the run will end at the latest; 0 when only time limits it
 * @param maxSeconds time after which this run ends, in seconds; infinite when there is no limit
 * @param resumedStep steps that were done before; 0 for a fresh run
 */
public record TrainingStart(
    Map<String, String> configuration,
    long parameters,
    String unit,
    String lossUnit,
    long stepsPerEpoch,
    long plannedSteps,
    double maxSeconds,
    long resumedStep) {
  /** Copies the configuration, keeping its order. */
  public TrainingStart {
    configuration = Collections.unmodifiableMap(new LinkedHashMap<>(configuration));
  }
}
