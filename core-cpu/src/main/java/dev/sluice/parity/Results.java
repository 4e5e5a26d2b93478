package dev.sluice.parity;

import java.util.LinkedHashMap;
import java.util.Map;

/** The arguments and the results of one run, by name, in double precision. */
final class Results {
  private final Map<String, double[]> inputs = new LinkedHashMap<>();
  private final Map<String, double[]> outputs = new LinkedHashMap<>();
  private boolean holdsNaN;

  /** Says that NaN is among the results that are wanted. */
  void expectNaN() {
    holdsNaN = true;
  }

  boolean expectsNaN() {
    return holdsNaN;
  }

  void putInput(String name, double[] values) {
    inputs.put(name, values);
  }

  void putOutput(String name, double[] values) {
    if (outputs.put(name, values) != null) {
      throw new IllegalStateException("two results are called " + name);
    }
  }

  /** Numbers in all arguments together. */
  int inputCount() {
    return inputs.values().stream().mapToInt(values -> values.length).sum();
  }

  double[] input(String name) {
    return inputs.get(name);
  }

  double[] output(String name) {
    return outputs.get(name);
  }

  Map<String, double[]> outputs() {
    return outputs;
  }
}
