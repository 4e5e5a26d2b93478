package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import dev.sluice.backend.Parts;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * Page-locked host memory through which uploads and downloads go: a ring of slots, each with an
 * event that says when the device has read it, so that an upload returns without waiting for the
 * device.
 */
final class Staging implements AutoCloseable {
  private static final int SLOTS = 16;

  /** Bytes of a slot: large enough for PCIe's full rate, small enough to overlap with copying. */
  static final int SLOT_BYTES = 1 << 20;

  private final Parts parts = new Parts();
  private final Lane lane;
  private final NativeAddress[] addresses = new NativeAddress[SLOTS];
  private final MemorySegment[] segments = new MemorySegment[SLOTS];
  private final CUevent[] free = new CUevent[SLOTS];
  private final HostAddress pinned = new HostAddress();
  private int next;

  /** A host address that the driver fills in. */
  private static final class HostAddress extends jcuda.Pointer {
    long value() {
      return getNativePointer() + getByteOffset();
    }
  }

  @SuppressWarnings("restricted") // the driver says how large its allocation is
  Staging(Lane lane) {
    this.lane = lane;
    long bytes = (long) SLOTS * SLOT_BYTES;
    parts.add(() -> allocatePinned(bytes));
    MemorySegment memory = MemorySegment.ofAddress(pinned.value()).reinterpret(bytes);
    for (int slot = 0; slot < SLOTS; slot++) {
      addresses[slot] = new NativeAddress(pinned.value() + (long) slot * SLOT_BYTES);
      segments[slot] = memory.asSlice((long) slot * SLOT_BYTES, SLOT_BYTES);
      CUevent event = new CUevent();
      parts.add(() -> createEvent(event));
      free[slot] = event;
    }
  }

  private AutoCloseable allocatePinned(long bytes) {
    check(JCudaDriver.cuMemAllocHost(pinned, bytes), "cuMemAllocHost", Bytes.text(bytes));
    return () -> check(JCudaDriver.cuMemFreeHost(pinned), "cuMemFreeHost", lane.device());
  }

  private AutoCloseable createEvent(CUevent event) {
    check(
        JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING),
        "cuEventCreate",
        lane.device());
    return () -> check(JCudaDriver.cuEventDestroy(event), "cuEventDestroy", lane.device());
  }

  /** Moves elements between a host array and a slot. */
  interface Elements {
    /** Bytes of one element on the device. */
    int bytes();

    /** Elements from index {@code from} on into or out of {@code slot}. */
    void move(MemorySegment slot, long from, int count);
  }

  /** Enqueues a copy to the device; the source may be changed afterwards. */
  void upload(DeviceAddress target, long count, Elements elements) {
    refuseCapture("upload");
    int perSlot = SLOT_BYTES / elements.bytes();
    for (long from = 0; from < count; from += perSlot) {
      int slot = takeSlot();
      int part = (int) Math.min(perSlot, count - from);
      elements.move(segments[slot], from, part);
      check(
          JCudaDriver.cuMemcpyHtoDAsync(
              at(target, from * elements.bytes()),
              addresses[slot],
              (long) part * elements.bytes(),
              lane.stream()),
          "cuMemcpyHtoDAsync",
          lane.device());
      check(JCudaDriver.cuEventRecord(free[slot], lane.stream()), "cuEventRecord", lane.device());
    }
  }

  /** Waits for what was enqueued and copies from the device. */
  void download(DeviceAddress source, long count, Elements elements) {
    refuseCapture("download");
    int perSlot = SLOT_BYTES / elements.bytes();
    for (long from = 0; from < count; from += perSlot) {
      int slot = takeSlot();
      int part = (int) Math.min(perSlot, count - from);
      check(
          JCudaDriver.cuMemcpyDtoHAsync(
              addresses[slot],
              at(source, from * elements.bytes()),
              (long) part * elements.bytes(),
              lane.stream()),
          "cuMemcpyDtoHAsync",
          lane.device());
      lane.finish();
      elements.move(segments[slot], from, part);
    }
  }

  /** A few 64-bit integers of the device; waits. */
  void readLongs(long source, long[] target) {
    int slot = takeSlot();
    check(
        JCudaDriver.cuMemcpyDtoHAsync(
            addresses[slot],
            new DeviceAddress(source),
            (long) target.length * Long.BYTES,
            lane.stream()),
        "cuMemcpyDtoHAsync",
        lane.device());
    lane.finish();
    MemorySegment.copy(segments[slot], ValueLayout.JAVA_LONG, 0, target, 0, target.length);
  }

  private static DeviceAddress at(DeviceAddress base, long offset) {
    return offset == 0 ? base : new DeviceAddress(base.value() + offset);
  }

  private int takeSlot() {
    lane.device().enter();
    int slot = next;
    next = (next + 1) % SLOTS;
    int state = JCudaDriver.cuEventQuery(free[slot]);
    if (state == CUresult.CUDA_ERROR_NOT_READY) { // the host is sixteen copies ahead of the device
      state = JCudaDriver.cuEventSynchronize(free[slot]);
    }
    check(state, "cuEventSynchronize", lane.device());
    return slot;
  }

  private void refuseCapture(String operation) {
    lane.device().enter();
    if (lane.isCapturing()) {
      throw new IllegalStateException(
          operation
              + ": what is being recorded into a graph may not move data from or to the host");
    }
  }

  @Override
  public void close() {
    lane.device().enter();
    parts.close();
  }
}
