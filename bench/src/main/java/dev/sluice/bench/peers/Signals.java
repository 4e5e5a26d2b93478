package dev.sluice.bench.peers;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Signals between the processes of one run, on Linux. An engine is stopped while another is timed:
 * threads that still spin, compile or collect would take its cores.
 */
public final class Signals {
  private static final int SIGKILL = 9;
  private static final int SIGCONT = 18;
  private static final int SIGSTOP = 19;
  private static final int PR_SET_PDEATHSIG = 1;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private Signals() {}

  /** Suspends a process until {@link #resume}. */
  static void stop(long process) {
    send(process, SIGSTOP);
  }

  /** Lets a stopped process go on. */
  static void resume(long process) {
    send(process, SIGCONT);
  }

  private static void send(long process, int signal) {
    MethodHandle kill = function("kill", FunctionDescriptor.of(INT, INT, INT));
    int result;
    try {
      result = (int) kill.invokeExact(Math.toIntExact(process), signal);
    } catch (Throwable e) {
      throw new IllegalStateException("kill cannot be called", e);
    }
    if (result != 0) {
      throw new IllegalStateException("the process " + process + " is gone");
    }
  }

  /** Has the system end this process when its parent ends: a stopped one would stay for ever. */
  public static void endWithParent() {
    MethodHandle prctl =
        function("prctl", FunctionDescriptor.of(INT, INT, LONG), Linker.Option.firstVariadicArg(1));
    try {
      if ((int) prctl.invokeExact(PR_SET_PDEATHSIG, (long) SIGKILL) != 0) {
        throw new IllegalStateException("prctl failed");
      }
    } catch (Throwable e) {
      throw new IllegalStateException("prctl cannot be called", e);
    }
  }

  private static MethodHandle function(
      String name, FunctionDescriptor type, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
  }
}
