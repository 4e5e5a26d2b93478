/** Finished models: a language model that is trained, evaluated, saved and sampled from. */
package dev.sluice.task;
