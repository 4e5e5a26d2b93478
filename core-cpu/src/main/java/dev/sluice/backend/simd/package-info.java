/** The CPU backend: the Vector API, one thread team, the same bits on every machine. */
package dev.sluice.backend.simd;
