/**
 * The training loop: it repeats a {@link dev.sluice.train.TrainingProblem}, applies the optimiser,
 * validates, keeps checkpoints that resume to the bit, and tells listeners what happens.
 */
package dev.sluice.train;
