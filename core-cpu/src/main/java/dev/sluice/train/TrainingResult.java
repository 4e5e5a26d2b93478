package dev.sluice.train;

import java.nio.file.Path;

/**
 * How a run ended.
 *
 * @param reason why it ended
 * @param step optimiser steps done
 * @param epoch epochs done, with the fraction of the current one
 * @param trainingLoss mean training loss since the last report before the end; NaN when unknown
 * @param validation last evaluation; {@link Evaluation#NONE} when there was none
 * @param bestLoss lowest validation loss; NaN when there was no validation
 * @param bestStep step at which it was reached; 0 when there was no validation
 * @param seconds training time, that of runs before a resume included
 * @param unitsPerSecond throughput of this run without validation, sampling and saving
 * @param model file with the best model, or with the last one when there was no validation; null
 *     when the run keeps no files or could not write it
 * @param checkpoint file to resume from; null when the run keeps no files or could not write it
 */
public record TrainingResult(
    StopReason reason,
    long step,
    double epoch,
    double trainingLoss,
    Evaluation validation,
    double bestLoss,
    long bestStep,
    double seconds,
    double unitsPerSecond,
    Path model,
    Path checkpoint) {}
