package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;
import static dev.sluice.cuda.CudaCallException.checkBlas;

import dev.sluice.backend.Parts;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/**
 * One queue of work on the device: a stream with a cuBLAS handle and workspace of its own. A
 * workspace that is shared between streams, or chosen by cuBLAS, would make results depend on
 * timing.
 */
final class Lane implements AutoCloseable {
  /** What NVIDIA recommends for Hopper; smaller ones rule out some split-K algorithms. */
  private static final long WORKSPACE_BYTES = 32L << 20;

  private final Parts parts = new Parts();
  private final Device device;
  private final CUstream stream = new CUstream();
  private final CUevent done = new CUevent();
  private final CUevent[] marks = new CUevent[StackSchedule.MOST_CHUNKS];
  private final cublasHandle blas = new cublasHandle();
  private final DeviceMemory.Block workspace;
  private final int[] answer = new int[1];

  Lane(Device device, DeviceMemory memory) {
    this.device = device;
    device.enter();
    workspace = // what may fail first
        parts.add(() -> memory.allocate(WORKSPACE_BYTES, "the workspace of cuBLAS"));
    parts.add(this::createStream);
    parts.add(() -> createEvent(done));
    for (int place = 0; place < marks.length; place++) {
      CUevent mark = new CUevent();
      parts.add(() -> createEvent(mark));
      marks[place] = mark;
    }
    parts.add(() -> createBlas(memory));
    parts.add(this::configureBlas);
  }

  private AutoCloseable createStream() {
    check(
        JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING),
        "cuStreamCreate",
        device);
    return () -> check(JCudaDriver.cuStreamDestroy(stream), "cuStreamDestroy", device);
  }

  private AutoCloseable createEvent(CUevent event) {
    check(
        JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING),
        "cuEventCreate",
        device);
    return () -> check(JCudaDriver.cuEventDestroy(event), "cuEventDestroy", device);
  }

  private AutoCloseable createBlas(DeviceMemory memory) {
    int created = JCublas2.cublasCreate(blas);
    // It takes memory of its own.
    memory.requireFit(created != cublasStatus.CUBLAS_STATUS_ALLOC_FAILED, "the cuBLAS library");
    checkBlas(created, "cublasCreate", device);
    return () -> checkBlas(JCublas2.cublasDestroy(blas), "cublasDestroy", device);
  }

  /** Partial sums stay fp32 too where the result is bf16, which is not what cuBLAS does unasked. */
  private AutoCloseable configureBlas() {
    checkBlas(JCublas2.cublasSetStream(blas, new cudaStream_t(stream)), "cublasSetStream", device);
    checkBlas(
        JCublas2.cublasSetWorkspace(
            blas, new NativeAddress(workspace.address()), workspace.bytes()),
        "cublasSetWorkspace",
        Bytes.text(WORKSPACE_BYTES));
    checkBlas(
        JCublas2.cublasSetMathMode(
            blas, cublasMath.CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION),
        "cublasSetMathMode",
        device);
    return () -> {}; // the handle's end is theirs
  }

  Device device() {
    return device;
  }

  CUstream stream() {
    return stream;
  }

  cublasHandle blas() {
    return blas;
  }

  /** Everything enqueued here from now on waits for what {@code other} holds by now. */
  void await(Lane other) {
    if (other != this) {
      check(JCudaDriver.cuEventRecord(other.done, other.stream), "cuEventRecord", device);
      check(JCudaDriver.cuStreamWaitEvent(stream, other.done, 0), "cuStreamWaitEvent", device);
    }
  }

  /**
   * Marks what is enqueued by now, for {@link #awaitMark}; an earlier mark of that place is gone.
   *
   * @param place below {@link StackSchedule#MOST_CHUNKS}
   */
  void mark(int place) {
    check(JCudaDriver.cuEventRecord(marks[place], stream), "cuEventRecord", device);
  }

  /** Everything enqueued here from now on waits for what {@code other} held when it was marked. */
  void awaitMark(Lane other, int place) {
    if (other != this) {
      check(
          JCudaDriver.cuStreamWaitEvent(stream, other.marks[place], 0),
          "cuStreamWaitEvent",
          device);
    }
  }

  /** Whether what is enqueued is being recorded into a graph rather than run. */
  boolean isCapturing() {
    check(JCudaDriver.cuStreamIsCapturing(stream, answer), "cuStreamIsCapturing", device);
    return answer[0] != 0;
  }

  /** target = source, on the device. */
  void copy(long source, long target, long bytes) {
    if (source != target) {
      device.enter();
      check(
          JCudaDriver.cuMemcpyDtoDAsync(
              new DeviceAddress(target), new DeviceAddress(source), bytes, stream),
          "cuMemcpyDtoDAsync",
          device);
    }
  }

  /** All bytes zero. */
  void clear(long target, long bytes) {
    device.enter();
    check(
        JCudaDriver.cuMemsetD8Async(new DeviceAddress(target), (byte) 0, bytes, stream),
        "cuMemsetD8Async",
        device);
  }

  /** Waits for everything that was enqueued. */
  void finish() {
    device.enter();
    check(JCudaDriver.cuStreamSynchronize(stream), "cuStreamSynchronize", device);
  }

  @Override
  public void close() {
    device.enter();
    parts.close();
  }
}
