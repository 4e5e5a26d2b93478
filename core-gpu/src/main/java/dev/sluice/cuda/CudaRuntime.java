package dev.sluice.cuda;

import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.Precision;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What all operations of one backend share: device, memory, lanes, kernels, cuBLAS. */
final class CudaRuntime implements AutoCloseable {
  private final Parts parts = new Parts();
  private final Device device;
  private final Precision precision;
  private final Storage storage;
  private final DeviceMemory memory;
  private final Lane lane;
  private final KernelModule kernels;
  private final Staging staging;
  private final Faults faults;
  private final Scratch scratch;
  private final Launcher launcher;
  private final Blas blas;
  private final Grid grid;
  private final KernelLimits limits;
  private final PathTable paths;
  private final long ownBytes;
  private final List<Lane> lanes = new ArrayList<>();
  private long furtherLaneBytes;
  private boolean recording = true;
  private boolean closed;

  /**
   * Opens a device.
   *
   * @param image device code of the kernels
   */
  CudaRuntime(DriverProbe.Gpu gpu, byte[] image, KernelLayouts layouts, BackendOptions options) {
    precision = options.precision();
    storage = Storage.of(precision, options.recompute());
    device = parts.add(() -> new Device(gpu));
    memory = parts.add(() -> new DeviceMemory(device));
    kernels = parts.add(() -> new KernelModule(device, image, layouts));
    lane = parts.add(() -> new Lane(device, memory));
    lanes.add(lane);
    parts.add(() -> this::closeFurtherLanes);
    staging = parts.add(() -> new Staging(lane));
    faults = parts.add(() -> new Faults(lane, memory));
    scratch = parts.add(() -> new Scratch(memory));
    launcher = new Launcher(device);
    blas = new Blas(device, precision);
    grid = new Grid(gpu.multiprocessors());
    limits = parts.step(() -> new KernelLimits(device, kernels));
    paths = new PathTable(precision, options.path(), limits);
    ownBytes = memory.allocated();
  }

  Device device() {
    return device;
  }

  Precision precision() {
    return precision;
  }

  /** How recurrent layers keep what they compute. */
  Storage storage() {
    return storage;
  }

  DeviceMemory memory() {
    return memory;
  }

  /** The lane in which operations run in the order of their calls. */
  Lane lane() {
    return lane;
  }

  /** One of the lanes that run beside each other; 0 is {@link #lane()}. */
  Lane lane(int index) {
    return lanes.get(index);
  }

  /** Opens lanes until there are so many; they count among the backend's {@link #ownBytes}. */
  void openLanes(int count) {
    while (lanes.size() < count) {
      long before = memory.allocated();
      lanes.add(new Lane(device, memory));
      furtherLaneBytes += memory.allocated() - before;
    }
  }

  private void closeFurtherLanes() {
    while (lanes.size() > 1) {
      lanes.removeLast().close();
    }
  }

  Staging staging() {
    return staging;
  }

  Faults faults() {
    return faults;
  }

  Scratch scratch() {
    return scratch;
  }

  Blas blas() {
    return blas;
  }

  Grid grid() {
    return grid;
  }

  KernelLimits limits() {
    return limits;
  }

  /** Which path recurrent layers take. */
  PathTable paths() {
    return paths;
  }

  /** Whether a plan may record its passes: not while a larger recording is made or prepared. */
  boolean mayRecord() {
    return recording && !lane.isCapturing();
  }

  /** Runs work whose passes will be part of a larger recording. */
  void withoutRecording(Runnable work) {
    boolean before = recording;
    recording = false;
    try {
      work.run();
    } finally {
      recording = before;
    }
  }

  Kernel kernel(String name) {
    return kernels.get(name);
  }

  /** Begins the arguments of a kernel. */
  Launcher begin(Kernel kernel) {
    return launcher.begin(kernel);
  }

  /** Bytes that the backend itself holds, whatever runs on it. */
  long ownBytes() {
    return ownBytes + furtherLaneBytes;
  }

  /** Bytes of tensors, plans and operations' working memory. */
  long usedBytes() {
    return closed ? 0 : memory.allocated() - ownBytes();
  }

  /** A zeroed tensor. */
  CudaTensor allocate(DType type, Shape shape) {
    long bytes = Math.multiplyExact(shape.size(), type.bytes());
    DeviceMemory.Block block = memory.allocate(bytes, "tensor " + type + " " + shape);
    try {
      lane.clear(block.address(), bytes);
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
    return new CudaTensor(this, block, block.address(), type, shape);
  }

  /** The tensor as this backend's own; a foreign one is refused. */
  CudaTensor own(Tensor tensor) {
    if (tensor instanceof CudaTensor own && own.runtime() == this) {
      return own;
    }
    throw new IllegalArgumentException(
        "a tensor of another backend cannot be used on the GPU: "
            + tensor.getClass().getSimpleName()
            + " "
            + tensor.shape());
  }

  /** Address of one of this backend's tensors; 0, a null pointer, for null. */
  long address(Tensor tensor) {
    return tensor == null ? 0 : own(tensor).address();
  }

  /** Waits for everything that was enqueued, and reports wrong ids. */
  void finish() {
    lane.finish();
    faults.report(staging);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try (parts) { // closed all the same: after a kernel's fault every call fails
        lane.finish();
      }
    }
  }
}
