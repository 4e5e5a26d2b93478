package dev.sluice.parity;

/**
 * What a case runs, on the tested backend and on the reference alike: it takes its arguments from the
 * workbench, which hands out the same numbers each time, and leaves its results there.
 */
@FunctionalInterface
interface Computation {
  void run(Workbench bench);
}
