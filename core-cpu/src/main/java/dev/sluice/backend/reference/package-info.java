/**
 * The executable specification: every operation of the contract as plain loops in double precision.
 *
 * <p>It is written to be read and to be right, not to be fast. Finite differences check its
 * gradients, hand-worked cases its values, and every other backend is checked against it.
 */
package dev.sluice.backend.reference;
