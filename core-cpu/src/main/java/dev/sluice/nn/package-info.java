/**
 * Parameters, layers and losses: each a forward and a backward over the contract of {@link
 * dev.sluice.backend.Backend}, with no arithmetic of its own.
 *
 * <p>A model is made in three steps. Layers declare their parameters in a {@link
 * dev.sluice.nn.ParameterStore}; the store is allocated, which draws the initial values; a layer,
 * usually a {@link dev.sluice.nn.Sequential}, is planned for one input shape, and the plan is run as
 * often as wanted.
 */
package dev.sluice.nn;
