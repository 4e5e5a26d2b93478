package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A tensor in device memory, or a view of one. */
final class CudaTensor implements Tensor {
  private final CudaRuntime runtime;
  private final DeviceMemory.Block block;
  private final long address;
  private final DeviceAddress pointer;
  private final DType type;
  private final Shape shape;
  private IntTransfer integers;

  /**
   * Over device memory.
   *
   * @param block freed when this tensor is closed, or null for a view
   */
  CudaTensor(CudaRuntime runtime, DeviceMemory.Block block, long address, DType type, Shape shape) {
    this.runtime = runtime;
    this.block = block;
    this.address = address;
    this.pointer = new DeviceAddress(address);
    this.type = type;
    this.shape = shape;
  }

  /** Address of the first element. */
  long address() {
    return address;
  }

  /** The same for JCuda, made once. */
  DeviceAddress pointer() {
    return pointer;
  }

  /** Number of elements. */
  long size() {
    return shape.size();
  }

  /** N of this tensor read as [N, F]. */
  long rows() {
    return shape.size() / shape.columns();
  }

  CudaRuntime runtime() {
    return runtime;
  }

  @Override
  public DType type() {
    return type;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public CudaTensor slice(long from, Shape view) {
    Checks.slice(shape.size(), from, view);
    return new CudaTensor(runtime, null, address + from * type.bytes(), type, view);
  }

  @Override
  public void upload(float[] source, int from) {
    requireFloats();
    requireRoom(source.length, from);
    runtime.staging().upload(pointer, size(), new FloatTransfer(source, from, true));
  }

  @Override
  public void upload(int[] source, int from) {
    requireInts();
    requireRoom(source.length, from);
    if (integers == null) { // kept, so that the uploads of a training step make no garbage
      integers = new IntTransfer();
    }
    integers.set(source, from, true);
    runtime.staging().upload(pointer, size(), integers);
    integers.set(null, 0, true);
  }

  @Override
  public void download(float[] target, int to) {
    requireFloats();
    requireRoom(target.length, to);
    runtime.staging().download(pointer, size(), new FloatTransfer(target, to, false));
    runtime.faults().report(runtime.staging());
  }

  @Override
  public void download(int[] target, int to) {
    requireInts();
    requireRoom(target.length, to);
    IntTransfer transfer = new IntTransfer();
    transfer.set(target, to, false);
    runtime.staging().download(pointer, size(), transfer);
    runtime.faults().report(runtime.staging());
  }

  /** Integers between an array and page-locked memory. */
  private static final class IntTransfer implements Staging.Elements {
    private int[] array;
    private int at;
    private boolean up;

    void set(int[] newArray, int newAt, boolean isUpload) {
      array = newArray;
      at = newAt;
      up = isUpload;
    }

    @Override
    public int bytes() {
      return Integer.BYTES;
    }

    @Override
    public void move(MemorySegment slot, long from, int count) {
      int index = at + (int) from;
      if (up) {
        MemorySegment.copy(array, index, slot, ValueLayout.JAVA_INT, 0, count);
      } else {
        MemorySegment.copy(slot, ValueLayout.JAVA_INT, 0, array, index, count);
      }
    }
  }

  /** Numbers between an array and page-locked memory, as fp32 or as bf16. */
  private final class FloatTransfer implements Staging.Elements {
    private final float[] array;
    private final int at;
    private final boolean up;

    FloatTransfer(float[] array, int at, boolean up) {
      this.array = array;
      this.at = at;
      this.up = up;
    }

    @Override
    public int bytes() {
      return type.bytes();
    }

    @Override
    public void move(MemorySegment slot, long from, int count) {
      int index = at + (int) from;
      if (type == DType.BFLOAT16) {
        for (int i = 0; i < count; i++) {
          if (up) {
            slot.setAtIndex(ValueLayout.JAVA_SHORT, i, BFloat16.round(array[index + i]));
          } else {
            array[index + i] = BFloat16.widen(slot.getAtIndex(ValueLayout.JAVA_SHORT, i));
          }
        }
      } else if (up) {
        MemorySegment.copy(array, index, slot, ValueLayout.JAVA_FLOAT, 0, count);
      } else {
        MemorySegment.copy(slot, ValueLayout.JAVA_FLOAT, 0, array, index, count);
      }
    }
  }

  private void requireFloats() {
    if (type == DType.INT32) {
      throw new IllegalArgumentException("the tensor " + shape + " holds integers, not numbers");
    }
  }

  private void requireInts() {
    if (type != DType.INT32) {
      throw new IllegalArgumentException("the tensor " + shape + " holds numbers, not integers");
    }
  }

  private void requireRoom(int length, int from) {
    if (from < 0 || from + size() > length) {
      throw new IllegalArgumentException(
          "the tensor %s needs %d elements, but the array has %d from element %d on"
              .formatted(shape, size(), length - from, from));
    }
  }

  @Override
  public void close() {
    if (block != null) {
      block.close();
    }
  }
}
