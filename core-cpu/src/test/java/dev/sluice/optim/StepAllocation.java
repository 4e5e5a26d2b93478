package dev.sluice.optim;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Prints the bytes that one training step on the CPU backend allocates on the heap, in all threads. */
final class StepAllocation {
  static final int LIMIT = 1024;
  private static final int ROUNDS = 120;
  private static final int STEPS_A_ROUND = 50;

  private StepAllocation() {}

  /** Repeats until the JVM has compiled the kernels, which shows in the number, or gives up. */
  public static void main(String[] arguments) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Training training = new Training("cpu", 2)) {
      long allocated = Long.MAX_VALUE;
      for (int round = 0; round < ROUNDS && allocated >= LIMIT; round++) {
        long before = threads.getTotalThreadAllocatedBytes();
        for (int i = 0; i < STEPS_A_ROUND; i++) {
          training.step();
        }
        allocated = (threads.getTotalThreadAllocatedBytes() - before) / STEPS_A_ROUND;
      }
      System.out.println(allocated);
    }
  }
}
