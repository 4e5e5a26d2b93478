package dev.sluice.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks the NVIDIA driver what is there, directly through Java's foreign function interface: no
 * context is made, nothing is unpacked, and JCuda is not loaded.
 */
final class DriverProbe implements AutoCloseable {
  private static final int MAJOR_ATTRIBUTE = 75;
  private static final int MINOR_ATTRIBUTE = 76;
  private static final int MULTIPROCESSORS_ATTRIBUTE = 16;

  /** The oldest compute capability that the kernels are built for: sm_80. */
  static final int OLDEST_CAPABILITY = 80;

  /** The oldest CUDA version that the driver may be for. */
  static final int OLDEST_DRIVER = 12_000;

  /**
   * A driver and its devices.
   *
   * @param cudaVersion newest CUDA version that the driver runs, 1000 · major + 10 · minor
   */
  record Driver(int cudaVersion, List<Gpu> gpus) {
    String version() {
      return cudaVersion / 1000 + "." + cudaVersion % 1000 / 10;
    }
  }

  /**
   * One GPU.
   *
   * @param capability 10 · major + minor: 90 for an H200
   */
  record Gpu(int index, String name, int capability, long memoryBytes, int multiprocessors) {
    /** Whether it is the stand-in driver's, for tests; that names its devices so. */
    boolean isStandIn() {
      return name.contains("stand-in");
    }

    boolean isNewEnough() {
      return capability >= OLDEST_CAPABILITY;
    }
  }

  private final Arena arena = Arena.ofConfined();
  private final SymbolLookup driver;

  @SuppressWarnings("restricted") // calling the driver is what this class is for
  private DriverProbe(Path forced) {
    try { // for good: a driver that has been started must not be unloaded
      driver =
          forced != null
              ? SymbolLookup.libraryLookup(forced, Arena.global())
              : SymbolLookup.libraryLookup("libcuda.so.1", Arena.global());
    } catch (IllegalArgumentException e) {
      arena.close();
      throw new UnavailableException(
          "no NVIDIA driver was found (libcuda.so.1); install it, or run with --device cpu.");
    }
  }

  /**
   * Looks.
   *
   * @param forced the driver's library, or null for the loader's
   * @throws UnavailableException when there is no driver or no device, or they cannot be used
   */
  static Driver look(Path forced) {
    if (!System.getProperty("os.name").equals("Linux")
        || !System.getProperty("os.arch").equals("amd64")) {
      throw new UnavailableException(
          "CUDA is supported on Linux x86-64 only; run with --device cpu.");
    }
    try (DriverProbe probe = new DriverProbe(forced)) {
      return probe.read();
    }
  }

  private Driver read() {
    int started = call("cuInit", 0);
    if (started == 100) {
      throw new UnavailableException(
          "the NVIDIA driver sees no GPU; check 'nvidia-smi' and CUDA_VISIBLE_DEVICES, or run with"
              + " --device cpu.");
    }
    if (started != 0) {
      throw new UnavailableException(
          ("the NVIDIA driver does not start (cuInit answers %d); run 'nvidia-smi', and "
                  + "restart the machine after a driver update.")
              .formatted(started));
    }
    int version = integer("cuDriverGetVersion");
    if (version < OLDEST_DRIVER) {
      throw new UnavailableException(
          ("the NVIDIA driver runs CUDA %d.%d at most, and 12.0 is needed; update it to "
                  + "525 or newer.")
              .formatted(version / 1000, version % 1000 / 10));
    }
    int count = integer("cuDeviceGetCount");
    List<Gpu> gpus = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      gpus.add(gpu(index));
    }
    if (gpus.isEmpty()) {
      throw new UnavailableException(
          "the NVIDIA driver sees no GPU; check 'nvidia-smi' and CUDA_VISIBLE_DEVICES, or run with"
              + " --device cpu.");
    }
    return new Driver(version, List.copyOf(gpus));
  }

  private Gpu gpu(int index) {
    MemorySegment handle = arena.allocate(JAVA_INT);
    check("cuDeviceGet", call("cuDeviceGet", handle, index));
    int device = handle.get(JAVA_INT, 0);
    MemorySegment name = arena.allocate(256);
    check("cuDeviceGetName", call("cuDeviceGetName", name, 256, device));
    MemorySegment bytes = arena.allocate(JAVA_LONG);
    check("cuDeviceTotalMem", call("cuDeviceTotalMem_v2", bytes, device));
    int capability = 10 * attribute(MAJOR_ATTRIBUTE, device) + attribute(MINOR_ATTRIBUTE, device);
    return new Gpu(
        index,
        name.getString(0),
        capability,
        bytes.get(JAVA_LONG, 0),
        attribute(MULTIPROCESSORS_ATTRIBUTE, device));
  }

  private int attribute(int attribute, int device) {
    MemorySegment value = arena.allocate(JAVA_INT);
    check("cuDeviceGetAttribute", call("cuDeviceGetAttribute", value, attribute, device));
    return value.get(JAVA_INT, 0);
  }

  private int integer(String function) {
    MemorySegment value = arena.allocate(JAVA_INT);
    check(function, call(function, value));
    return value.get(JAVA_INT, 0);
  }

  private static void check(String function, int code) {
    if (code != 0) {
      throw new UnavailableException(
          "the NVIDIA driver failed (%s answers %d); run 'nvidia-smi', or run with --device cpu."
              .formatted(function, code));
    }
  }

  /** Calls a function that takes pointers and ints and answers a CUresult. */
  @SuppressWarnings("restricted")
  private int call(String function, Object... arguments) {
    MemoryLayout[] layouts = new MemoryLayout[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      layouts[i] = arguments[i] instanceof MemorySegment ? ADDRESS : JAVA_INT;
    }
    MemorySegment symbol =
        driver
            .find(function)
            .orElseThrow(() ->
                new UnavailableException(
                    ("the NVIDIA driver is too old: it has no function %s; update it to 525 or "
                            + "newer.")
                        .formatted(function)));
    MethodHandle handle =
        Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, layouts));
    try {
      return (int) handle.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException("calling " + function + " failed", e);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
