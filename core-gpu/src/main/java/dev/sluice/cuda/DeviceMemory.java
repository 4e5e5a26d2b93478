package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import dev.sluice.backend.DeviceMemoryUse;
import dev.sluice.backend.OutOfDeviceMemoryException;
import java.util.HashSet;
import java.util.Set;
import jcuda.driver.JCudaDriver;

/**
 * Allocates the device's memory and keeps account of it. Blocks live long (tensors, plans): nothing
 * is allocated within a training step, so each is one allocation of the driver's, with its own
 * bounds for tools that check accesses.
 */
final class DeviceMemory implements AutoCloseable {
  private final Device device;
  private final Set<Block> blocks = new HashSet<>();
  private long allocated;
  private long peak;

  DeviceMemory(Device device) {
    this.device = device;
  }

  /** A piece of device memory. */
  final class Block implements AutoCloseable {
    private final DeviceAddress address;
    private final long bytes;

    private Block(DeviceAddress address, long bytes) {
      this.address = address;
      this.bytes = bytes;
    }

    long address() {
      return address.value();
    }

    long bytes() {
      return bytes;
    }

    /** Gives it back once the device is done with it; closing twice does nothing. */
    @Override
    public void close() {
      if (blocks.remove(this)) {
        device.enter();
        allocated -= bytes;
        check(JCudaDriver.cuMemFree(address), "cuMemFree", Bytes.text(bytes));
      }
    }
  }

  /**
   * Allocates; the content is undefined.
   *
   * @param what for people: what it is for
   * @throws OutOfDeviceMemoryException when it does not fit
   */
  Block allocate(long bytes, String what) {
    device.enter();
    DeviceAddress address = new DeviceAddress();
    int code = JCudaDriver.cuMemAlloc(address, bytes);
    if (CudaCallException.isOutOfMemory(code)) {
      throw outOfMemory(Bytes.text(bytes), what);
    }
    check(code, "cuMemAlloc", "%s (%s)".formatted(Bytes.text(bytes), what));
    Block block = new Block(address, bytes);
    blocks.add(block);
    allocated += bytes;
    peak = Math.max(peak, allocated);
    return block;
  }

  /**
   * For calls with which the driver takes memory of its own accord.
   *
   * @param code that the call answered
   * @throws OutOfDeviceMemoryException when it says that there was too little
   */
  void requireFit(int code, String what) {
    if (CudaCallException.isOutOfMemory(code)) {
      throw outOfMemory("memory of the driver's own", what);
    }
  }

  private OutOfDeviceMemoryException outOfMemory(String asked, String what) {
    DeviceMemoryUse now = use(0);
    return new OutOfDeviceMemoryException(
        ("%s is out of memory: %s asked for (%s), %s of %s free, %s held by this run; at"
                + " most %s more would fit: reduce batch, steps or hidden size, end other "
                + "programs on this GPU, or run with --device cpu.")
            .formatted(
                device,
                asked,
                what,
                Bytes.text(now.free()),
                Bytes.text(now.total()),
                Bytes.text(allocated),
                Bytes.text(now.free())));
  }

  /** Bytes that the whole device has free, as the driver counts them. */
  long free() {
    device.enter();
    long[] free = {0};
    check(JCudaDriver.cuMemGetInfo(free, new long[1]), "cuMemGetInfo", device);
    return free[0];
  }

  /** Bytes held now. */
  long allocated() {
    return allocated;
  }

  /**
   * What is known of the device's memory.
   *
   * @param fixed the part of it that is the backend's own
   */
  DeviceMemoryUse use(long fixed) {
    device.enter();
    long[] free = {0};
    long[] total = {0};
    check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo", device);
    return new DeviceMemoryUse(total[0], free[0], fixed, peak);
  }

  @Override
  public void close() {
    for (Block block : Set.copyOf(blocks)) {
      block.close();
    }
  }
}
