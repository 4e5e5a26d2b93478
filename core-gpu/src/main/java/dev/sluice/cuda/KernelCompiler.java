package dev.sluice.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;

/**
 * Compiles the kernels for one GPU with NVRTC, where the build had no nvcc, and keeps the result: a
 * cache entry belongs to these sources, options and compiler version, and is used only when its
 * checksum fits.
 */
final class KernelCompiler {
  private final PrivateFolder cache;

  KernelCompiler(PrivateFolder cache) {
    this.cache = cache;
  }

  /**
   * Device code.
   *
   * @param details for people: for which architecture, and how it was come by
   */
  record Compiled(byte[] image, String details) {}

  /** Device code for a compute capability such as 90; NVRTC must be loaded. */
  Compiled compile(KernelSources sources, int capability) {
    int architecture = newestSupported(capability);
    // Code of an older architecture in the same family runs too; PTX would be compiled anew each
    // time.
    // Without -default-device NVRTC takes generic lambdas for host code.
    String[] options = {"-arch=sm_" + architecture, "-std=c++17", "-default-device"};
    String name = "kernels-%s.cubin".formatted(fingerprint(sources, options));
    byte[] cached = cache.loadChecked(name);
    if (cached != null) {
      return new Compiled(cached, "sm_%d, from the cache".formatted(architecture));
    }
    boolean damaged = cache.holds(name);
    long start = System.nanoTime();
    byte[] compiled = compile(sources, options);
    double seconds = (System.nanoTime() - start) * 1e-9;
    boolean stored = cache.storeChecked(name, compiled);
    return new Compiled(
        compiled,
        String.format(
            Locale.ROOT,
            "sm_%d, compiled now in %.1f s%s%s",
            architecture,
            seconds,
            damaged ? " because the cached file was damaged" : "",
            stored ? "" : "; there was no room to keep the result"));
  }

  private static byte[] compile(KernelSources sources, String[] options) {
    List<String> names = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    sources
        .files()
        .forEach((name, text) -> {
          if (!name.equals(KernelSources.MAIN)) {
            names.add(name);
            texts.add(text);
          }
        });
    nvrtcProgram program = new nvrtcProgram();
    check(
        JNvrtc.nvrtcCreateProgram(
            program,
            sources.files().get(KernelSources.MAIN),
            KernelSources.MAIN,
            names.size(),
            texts.toArray(String[]::new),
            names.toArray(String[]::new)),
        "nvrtcCreateProgram",
        "");
    try {
      int code = JNvrtc.nvrtcCompileProgram(program, options.length, options);
      String[] log = {""};
      JNvrtc.nvrtcGetProgramLog(program, log);
      check(code, "nvrtcCompileProgram", log[0]);
      long[] size = {0};
      check(JNvrtc.nvrtcGetCUBINSize(program, size), "nvrtcGetCUBINSize", "");
      byte[] image = new byte[Math.toIntExact(size[0])];
      check(JNvrtc.nvrtcGetCUBIN(program, image), "nvrtcGetCUBIN", "");
      return image;
    } finally {
      JNvrtc.nvrtcDestroyProgram(program);
    }
  }

  private static int newestSupported(int capability) {
    int[] count = {0};
    check(JNvrtc.nvrtcGetNumSupportedArchs(count), "nvrtcGetNumSupportedArchs", "");
    int[] supported = new int[count[0]];
    check(JNvrtc.nvrtcGetSupportedArchs(supported), "nvrtcGetSupportedArchs", "");
    int best = 0;
    for (int architecture : supported) {
      // Device code runs on its own major version, from its minor one on.
      if (architecture <= capability && architecture / 10 == capability / 10) {
        best = Math.max(best, architecture);
      }
    }
    if (best == 0) {
      throw new UnavailableException(
          "this NVRTC cannot compile for compute capability %d.%d; install a newer CUDA toolkit."
              .formatted(capability / 10, capability % 10));
    }
    return best;
  }

  private static String fingerprint(KernelSources sources, String[] options) {
    int[] major = {0};
    int[] minor = {0};
    check(JNvrtc.nvrtcVersion(major, minor), "nvrtcVersion", "");
    StringBuilder text = new StringBuilder();
    text.append(major[0]).append('.').append(minor[0]).append(String.join(" ", options));
    for (Map.Entry<String, String> file : sources.files().entrySet()) {
      text.append('\0').append(file.getKey()).append('\0').append(file.getValue());
    }
    return PrivateFolder.fingerprint(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void check(int code, String call, String log) {
    if (code != 0) {
      throw new IllegalStateException(
          "%s failed: %s (%d) %s".formatted(call, JNvrtc.nvrtcGetErrorString(code), code, log));
    }
  }
}
