/**
 * The parity suite: every operation of the contract, with every option and over awkward sizes, on a
 * backend and on the reference, from the same numbers.
 *
 * <p>A result passes when each of its elements lies within a bound that is derived, not guessed: from
 * the count of roundings and the magnitudes that were added up ({@link dev.sluice.parity.Bound},
 * {@link dev.sluice.parity.Rounded}), or, for whole recurrent layers, from how much the exact result
 * moves when the arguments move by what the roundings amount to. Inputs and outputs lie between
 * guards of NaN and outputs hold NaN beforehand, so that what is not written, or written or read out
 * of place, shows.
 */
package dev.sluice.parity;
