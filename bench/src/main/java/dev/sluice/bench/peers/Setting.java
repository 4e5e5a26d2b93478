package dev.sluice.bench.peers;

import java.util.Map;
import java.util.TreeMap;

/**
 * How an engine is run.
 *
 * @param threads that it may use
 * @param environment variables of its process
 */
record Setting(int threads, Map<String, String> environment) {
  /** For tables: the threads, and which variables of the environment differ from them. */
  String title() {
    StringBuilder title = new StringBuilder(Integer.toString(threads));
    environment.forEach((variable, value) -> {
      if (!value.equals(Integer.toString(threads))) {
        title.append(' ').append(variable).append('=').append(value);
      }
    });
    return title.toString();
  }

  static Setting threads(int count) {
    String number = Integer.toString(count);
    return new Setting(count, Map.of("OMP_NUM_THREADS", number, "OPENBLAS_NUM_THREADS", number));
  }

  Setting with(String variable, String value) {
    Map<String, String> variables = new TreeMap<>(environment);
    variables.put(variable, value);
    return new Setting(threads, variables);
  }
}
