/** Optimisers, gradient clipping and learning-rate schedules. */
package dev.sluice.optim;
