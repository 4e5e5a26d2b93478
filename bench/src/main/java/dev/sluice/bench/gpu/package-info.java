/** The same work on the GPU in Sluice and in PyTorch, in turn, against what the device can do. */
package dev.sluice.bench.gpu;
