/**
 * The contract: what a device must compute, and how one is chosen.
 *
 * <p>One interface, three implementations (reference, SIMD, CUDA), one parity suite.
 */
package dev.sluice.backend;
