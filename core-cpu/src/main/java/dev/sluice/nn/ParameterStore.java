package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * All parameters of a model in one packed buffer, and their gradients in another, so that clipping,
 * the optimiser and checkpoints see one array.
 *
 * <p>Layers declare parameters while they are constructed; then the store is allocated, once. The
 * initial values of a parameter depend on the seed and on how many parameters were declared before
 * it, and on nothing else: a layer added at the end leaves the others as they were.
 */
public final class ParameterStore implements AutoCloseable {
  /** Each parameter begins at a multiple of 64 bytes, as wide loads and GPU libraries like it. */
  private static final int ALIGNMENT = 16;

  private final List<Parameter> parameters = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private long packedSize;
  private int streams;
  private Backend backend;
  private Tensor values;
  private Tensor gradients;

  /**
   * Declares a parameter.
   *
   * @param name not yet used in this store
   * @param shape its extents
   * @param initializer of its values
   * @throws IllegalArgumentException when the name is taken
   * @throws IllegalStateException when the store is allocated already
   */
  public Parameter add(String name, Shape shape, Initializer initializer) {
    packedSize = Math.ceilDiv(packedSize, ALIGNMENT) * ALIGNMENT;
    return append(name, shape, initializer);
  }

  /**
   * Declares the weights of a stack of recurrent layers, contiguous as {@link RecurrentSpec#slices}
   * says.
   *
   * @param prefix goes before each name, with a dot
   * @param spec of the stack
   * @param initializers asked once for each slice
   * @return the parameters in the order of the slices
   */
  public List<Parameter> addRecurrent(
      String prefix, RecurrentSpec spec, Function<RecurrentSpec.Slice, Initializer> initializers) {
    packedSize = Math.ceilDiv(packedSize, ALIGNMENT) * ALIGNMENT;
    List<Parameter> added = new ArrayList<>();
    for (RecurrentSpec.Slice slice : spec.slices()) {
      added.add(append(prefix + "." + slice.name(), slice.shape(), initializers.apply(slice)));
    }
    return List.copyOf(added);
  }

  private Parameter append(String name, Shape shape, Initializer initializer) {
    if (values != null) {
      throw new IllegalStateException(
          "the parameter " + name + " comes too late: the store is allocated already");
    }
    if (!names.add(name)) {
      throw new IllegalArgumentException("there are two parameters named " + name);
    }
    Parameter parameter = new Parameter(name, shape, packedSize, initializer);
    parameters.add(parameter);
    packedSize += shape.size();
    return parameter;
  }

  /**
   * Reserves streams of random numbers for dropout: the layer that gets n here draws from {@code
   * draw.stream() + n}.
   *
   * @param count how many, at least 0
   * @return the first of them
   */
  public int addStreams(int count) {
    int first = streams;
    streams += count;
    return first;
  }

  /**
   * Streams reserved so far. Passes that share a step number, as in gradient accumulation, draw
   * different masks when the streams of their draws lie this far apart.
   */
  public int streams() {
    return streams;
  }

  /**
   * Allocates values and gradients and draws the initial values.
   *
   * @param onto where the parameters live
   * @param seed the same seed gives the same bits
   * @throws IllegalStateException when the store is allocated already or has no parameters
   */
  public void allocate(Backend onto, long seed) {
    allocateBuffers(onto, true);
    for (int index = 0; index < parameters.size(); index++) {
      Parameter parameter = parameters.get(index);
      float[] drawn = new float[Math.toIntExact(parameter.shape().size())];
      parameter.initializer().fill(drawn, 0, parameter.shape(), new RandomNumbers(seed, index));
      parameter.value().upload(drawn, 0);
    }
  }

  /**
   * Allocates values only, all zero: for a model whose parameters will be loaded.
   *
   * @throws IllegalStateException when the store is allocated already or has no parameters
   */
  public void allocateForInference(Backend onto) {
    allocateBuffers(onto, false);
  }

  private void allocateBuffers(Backend onto, boolean training) {
    if (values != null) {
      throw new IllegalStateException("the parameters are allocated already");
    }
    if (parameters.isEmpty()) {
      throw new IllegalStateException("a model without parameters cannot be allocated");
    }
    Shape packed = Shape.of(Math.toIntExact(packedSize));
    backend = onto;
    Parts parts = new Parts();
    Tensor numbers = parts.add(() -> onto.allocate(DType.FLOAT32, packed));
    gradients = training ? parts.add(() -> onto.allocate(DType.FLOAT32, packed)) : null;
    values = numbers;
    for (Parameter parameter : parameters) {
      parameter.bind(values, gradients);
    }
  }

  /** All parameters in the order of their declaration. */
  public List<Parameter> parameters() {
    return Collections.unmodifiableList(parameters);
  }

  /**
   * The parameter of that name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public Parameter parameter(String name) {
    return parameters.stream()
        .filter(parameter -> parameter.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("the model has no parameter named " + name));
  }

  /** Number of trained values, without the gaps between parameters. */
  public long count() {
    return parameters.stream().mapToLong(parameter -> parameter.shape().size()).sum();
  }

  /** Elements of each packed buffer: {@link #count} and the gaps, which hold zeros. */
  public long packedSize() {
    return packedSize;
  }

  /** Bytes that {@link #allocate} or, without training, {@link #allocateForInference} will take. */
  public long bytes(boolean training) {
    return packedSize * DType.FLOAT32.bytes() * (training ? 2 : 1);
  }

  /**
   * All values, [packedSize].
   *
   * @throws IllegalStateException before allocation
   */
  public Tensor values() {
    if (values == null) {
      throw new IllegalStateException("the parameters are not allocated yet");
    }
    return values;
  }

  /**
   * All gradients, [packedSize].
   *
   * @throws IllegalStateException before allocation, or when it was for inference
   */
  public Tensor gradients() {
    if (gradients == null) {
      throw new IllegalStateException("the parameters are not allocated for training");
    }
    return gradients;
  }

  /** Whether there are gradients. */
  public boolean isTraining() {
    return gradients != null;
  }

  /** Sets all gradients to zero, as each step must before its first backward pass. */
  public void zeroGradients() {
    backend.elements().fill(gradients(), 0);
  }

  /** Frees the buffers; closing twice does nothing. */
  @Override
  public void close() {
    if (values != null) {
      values.close();
    }
    if (gradients != null) {
      gradients.close();
    }
  }
}
