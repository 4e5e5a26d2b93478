package dev.sluice.train;

/**
 * A loss or gradients were not finite, and the parameters were left as they were.
 *
 * @param step optimiser step at which it was seen
 * @param cause what was not finite, as a clause: "the gradient of lstm.weight_hh_l0 is not finite"
 * @param parameter name of the parameter whose gradient was the first not to be finite, seen from the
 *     loss backwards; empty when the gradients are finite or no longer there
 * @param skipped steps that were not applied since the last check
 * @param inARow steps in a row that were not applied
 */
public record NonFiniteReport(
    long step, String cause, String parameter, long skipped, long inARow) {}
