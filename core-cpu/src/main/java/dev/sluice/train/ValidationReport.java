package dev.sluice.train;

/**
 * The outcome of a validation.
 *
 * @param step optimiser steps done
 * @param epoch epochs done, with the fraction of the current one
 * @param evaluation loss and metrics over the held-out data
 * @param best whether it is the lowest loss so far
 * @param seconds training time so far, that of runs before a resume included
 */
public record ValidationReport(
    long step, double epoch, Evaluation evaluation, boolean best, double seconds) {}
