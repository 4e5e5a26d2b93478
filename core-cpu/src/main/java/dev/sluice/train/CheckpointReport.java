package dev.sluice.train;

import java.nio.file.Path;

/**
 * A checkpoint was written.
 *
 * @param step optimiser steps done
 * @param file that a run can resume from
 * @param best whether it is the one with the lowest validation loss, or else the last one
 */
public record CheckpointReport(long step, Path file, boolean best) {}
