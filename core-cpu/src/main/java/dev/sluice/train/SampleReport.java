package dev.sluice.train;

/**
 * Something that the model made.
 *
 * @param step optimiser steps done
 * @param text as {@link TrainingProblem#sample()} returned it; not empty
 */
public record SampleReport(long step, String text) {}
