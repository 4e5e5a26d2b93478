package dev.sluice.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kernels as module {@code kernels} carries them: sources, and a fatbin where nvcc built one.
 */
final class KernelSources {
  /** The file that includes all others. */
  static final String MAIN = "sluice.cu";

  private static final String FOLDER = "/dev/sluice/kernels/";
  private static final Pattern INCLUDE =
      Pattern.compile("^#include \"([^\"]+)\"", Pattern.MULTILINE);

  private final Map<String, String> files = new LinkedHashMap<>();

  KernelSources() {
    addWithIncludes(MAIN);
  }

  /** Texts by file name: {@link #MAIN} and all that it includes, directly or not. */
  Map<String, String> files() {
    return files;
  }

  /** What every launch is checked against. */
  KernelLayouts layouts() {
    return new KernelLayouts(
        files.get("recurrent_arguments.cuh")
            + files.get("grid_arguments.cuh")
            + files.get("persistent_arguments.cuh")
            + files.get("arguments.cuh"));
  }

  /** The kernels compiled for every architecture, or null where the build had no nvcc. */
  static byte[] fatbin() {
    return read("sluice.fatbin");
  }

  private void addWithIncludes(String name) {
    byte[] content = read("cuda/" + name);
    if (content == null) {
      throw new UnavailableException(
          "the kernels' source %s is not on the class path; add the jar of module kernels."
              .formatted(name));
    }
    String text = new String(content, StandardCharsets.UTF_8);
    files.put(name, text);
    Matcher include = INCLUDE.matcher(text);
    while (include.find()) {
      if (!files.containsKey(include.group(1))) {
        addWithIncludes(include.group(1));
      }
    }
  }

  private static byte[] read(String name) {
    try (InputStream in = KernelSources.class.getResourceAsStream(FOLDER + name)) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the kernels' resource " + name, e);
    }
  }
}
