package dev.sluice.train;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Turns Ctrl-C (SIGINT) and SIGTERM into a request, as long as it is open: the first asks, the second
 * ends the process at once with exit code 130.
 *
 * <pre>
 *   try (var signals = StopSignals.install(trainer::requestStop)) {
 *     trainer.run();
 *   }
 * </pre>
 *
 * <p>On a Java run-time without {@code sun.misc.Signal} (module {@code jdk.unsupported}) it does
 * nothing, and Ctrl-C ends the process at once, which leaves all files whole.
 */
public final class StopSignals implements AutoCloseable {
  private static final int EXIT_CODE = 130; // 128 + SIGINT, as shells have it
  private static final String[] NAMES = {"INT", "TERM"};

  private final Map<Object, Object> previous = new LinkedHashMap<>();
  private final AtomicBoolean asked = new AtomicBoolean();

  private StopSignals() {}

  /**
   * Takes over the signals.
   *
   * @param request run, once, on a thread of the system when the first signal comes; must be quick
   */
  public static StopSignals install(Runnable request) {
    StopSignals signals = new StopSignals();
    InvocationHandler handler =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "handle" -> {
                signals.onSignal(request);
                yield null;
              }
              case "equals" -> proxy == arguments[0];
              case "hashCode" -> System.identityHashCode(proxy);
              default -> "stop signal handler";
            };
    try {
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              StopSignals.class.getClassLoader(), new Class<?>[] {handlerType}, handler);
      Class<?> signalType = Class.forName("sun.misc.Signal");
      for (String name : NAMES) {
        Object signal = signalType.getConstructor(String.class).newInstance(name);
        signals.previous.put(signal, handle(signal, proxy));
      }
    } catch (ReflectiveOperationException _) {
      // No such class, or the run-time reserves a signal for itself (-Xrs): the default applies.
    }
    return signals;
  }

  /** {@code sun.misc.Signal.handle}, called by name since the compiler warns of it otherwise. */
  private static Object handle(Object signal, Object handler) throws ReflectiveOperationException {
    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
    return signal
        .getClass()
        .getMethod("handle", signal.getClass(), handlerType)
        .invoke(null, signal, handler);
  }

  private void onSignal(Runnable request) {
    if (asked.compareAndSet(false, true)) {
      request.run();
    } else {
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }

  /** Whether a signal came. */
  public boolean received() {
    return asked.get();
  }

  /** Gives the signals back to whom they belonged. */
  @Override
  public void close() {
    previous.forEach((signal, handler) -> {
      try {
        handle(signal, handler);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("the handler of " + signal + " cannot be restored", e);
      }
    });
    previous.clear();
  }
}
