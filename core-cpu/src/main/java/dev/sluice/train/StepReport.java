package dev.sluice.train;

/**
 * Where training stands after an optimiser step at which a report is due.
 *
 * @param step optimiser steps done, from 1
 * @param epoch epochs done, with the fraction of the current one
 * @param loss mean training loss of the steps since the last report; NaN when none of them counted
 * @param learningRate of this step
 * @param gradientNorm of this step, over all parameters, before clipping
 * @param unitsPerSecond throughput since the last report, without the time that validation,
 *     sampling and saving took
 * @param seconds training time so far, that of runs before a resume included
 * @param progress share of the run that is done, 0 to 1: of steps or time, whichever ends it first
 * @param secondsLeft estimate until the run's end; NaN when it cannot be told yet
 */
public record StepReport(
    long step,
    double epoch,
    double loss,
    double learningRate,
    double gradientNorm,
    double unitsPerSecond,
    double seconds,
    double progress,
    double secondsLeft) {}
