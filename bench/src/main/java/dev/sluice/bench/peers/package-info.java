/**
 * The same work done by Sluice and by other engines, each in a process of its own, in turn: what is
 * computed is compared first, then how fast.
 */
package dev.sluice.bench.peers;
