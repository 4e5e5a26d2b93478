package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Shape;
import java.util.List;

/**
 * A part of a model: it declares parameters when it is constructed, and is planned for one input
 * shape when it is used. One layer may have several plans at a time, for training and evaluation;
 * they share its parameters.
 */
public interface Layer {
  /**
   * Shape of the output for an input of the given shape.
   *
   * @throws IllegalArgumentException when the layer cannot take such an input
   */
  Shape output(Shape input);

  /** The parameters that the layer uses; a tied one is listed by both of its users. */
  List<Parameter> parameters();

  /**
   * Allocates what passes over inputs of one shape need.
   *
   * @param backend on which the parameters are allocated
   * @param input shape of every input, time-major
   * @param gradients what backward will be asked for
   * @throws IllegalArgumentException when the layer cannot take such an input
   * @throws dev.sluice.backend.OutOfDeviceMemoryException when it does not fit
   */
  LayerPlan plan(Backend backend, Shape input, Gradients gradients);

  /** Bytes that {@link #plan} with the same arguments will allocate. */
  long planBytes(Backend backend, Shape input, Gradients gradients);
}
