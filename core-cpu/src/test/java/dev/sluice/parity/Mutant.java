package dev.sluice.parity;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.backend.reference.ReferenceTensor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * The reference with one operation broken on purpose.
 *
 * @param what is broken
 * @param found how the cases begin that must find it
 * @param group accessor of the operation's group in {@link Backend}, for example {@code elements}
 * @param operation its name; {@code forward} and {@code backward} of the group {@code recurrent} are
 *     those of its plans
 * @param mutation what is done instead
 */
record Mutant(String what, String found, String group, String operation, Mutation mutation) {
  /** What is done instead of a call. */
  interface Mutation {
    Object apply(Call call);
  }

  /**
   * One call of the broken operation.
   *
   * @param spec of the plan, when it is a plan's
   */
  record Call(Object target, Method method, Object[] arguments, RecurrentSpec spec) {
    /** The argument at a place, as what it is. */
    @SuppressWarnings("unchecked")
    <T> T argument(int index) {
      return (T) arguments[index];
    }

    /** Calls on with another argument. */
    Object with(int index, Object value) {
      arguments[index] = value;
      return proceed();
    }

    /** What the reference does. */
    Object proceed() {
      try {
        return method.invoke(target, arguments);
      } catch (InvocationTargetException failure) {
        if (failure.getCause() instanceof RuntimeException refused) {
          throw refused;
        }
        throw new IllegalStateException(failure);
      } catch (IllegalAccessException failure) {
        throw new IllegalStateException(failure);
      }
    }
  }

  /** That each is found out, and that the same cases pass without the mutation. */
  static Stream<DynamicTest> tests(List<Mutant> mutants) {
    return mutants.stream()
        .flatMap(mutant ->
            Stream.of(
                DynamicTest.dynamicTest(
                    mutant.what + ": found out",
                    () -> assertTrue(mutant.anyFails(), "every case passed")),
                DynamicTest.dynamicTest(
                    mutant.what + ": passes when mended",
                    () -> assertFalse(mutant.mended().anyFails(), "a case failed"))));
  }

  private Mutant mended() {
    return new Mutant(what, found, group, operation, Call::proceed);
  }

  private boolean anyFails() {
    Backend broken = backend();
    return ParitySuite.trials().stream()
        .filter(trial -> trial.parityCase().toString().startsWith(found))
        .anyMatch(trial -> !trial.run(broken).passed());
  }

  /** The broken backend. */
  Backend backend() {
    Mutation inGroup =
        asked -> {
          Object operations = asked.proceed();
          Class<?> type = asked.method.getReturnType();
          return group.equals("recurrent")
              ? intercept(type, operations, "plan", null, this::mutatedPlan)
              : intercept(type, operations, operation, null, mutation);
        };
    return (Backend) intercept(Backend.class, new ReferenceBackend(), group, null, inGroup);
  }

  private Object mutatedPlan(Call asked) {
    Object plan = asked.proceed();
    return intercept(RecurrentPlan.class, plan, operation, asked.argument(0), mutation);
  }

  private static Object intercept(
      Class<?> type, Object target, String name, RecurrentSpec spec, Mutation mutation) {
    InvocationHandler handler =
        (_, method, arguments) -> {
          Call call = new Call(target, method, arguments, spec);
          return method.getName().equals(name) ? mutation.apply(call) : call.proceed();
        };
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
  }

  /** Changes every number of a tensor. */
  static void change(Tensor tensor, DoubleUnaryOperator change) {
    ReferenceTensor numbers = (ReferenceTensor) tensor;
    double[] values = numbers.values();
    for (int i = 0; i < values.length; i++) {
      values[i] = change.applyAsDouble(values[i]);
    }
    numbers.upload(values, 0);
  }

  /** A tensor with the same numbers. */
  static ReferenceTensor copy(Tensor tensor) {
    ReferenceTensor copy = new ReferenceBackend().allocate(DType.FLOAT32, tensor.shape());
    copy.upload(((ReferenceTensor) tensor).values(), 0);
    return copy;
  }

  static Tensor integers(int... values) {
    Tensor tensor = new ReferenceBackend().allocate(DType.INT32, Shape.of(values.length));
    tensor.upload(values, 0);
    return tensor;
  }
}
