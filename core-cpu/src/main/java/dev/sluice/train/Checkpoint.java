package dev.sluice.train;

import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.format.ArrayInfo;
import dev.sluice.format.ElementType;
import dev.sluice.format.NamedArray;
import dev.sluice.format.Safetensors;
import dev.sluice.format.SafetensorsReader;
import dev.sluice.nn.Parameter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that a run needs to go on to the bit, in one safetensors file.
 *
 * <p>Arrays: {@code parameters.NAME}, {@code optimizer.NAME} ({@link
 * dev.sluice.optim.Optimizer#state}), {@code carried.NAME} ({@link TrainingProblem#carried}) and
 * {@code loss_window}, the losses since the last report. Metadata: {@code format}, {@code version},
 * the counters, the schedule's state under {@code schedule.NAME}, and the settings that must be the
 * same when the run goes on.
 */
public final class Checkpoint {
  /** What {@code format} says in the metadata. */
  public static final String FORMAT = "sluice-checkpoint";

  private static final String VERSION = "1";
  private static final String SCHEDULE = "schedule.";
  private static final int CHUNK = 1 << 14;

  /**
   * How far a run had come.
   *
   * @param step optimiser steps done
   * @param epoch epochs finished
   * @param bestLoss lowest validation loss; NaN when there was none
   * @param bestStep step at which it was reached
   * @param seconds training time
   */
  public record Progress(long step, long epoch, double bestLoss, long bestStep, double seconds) {}

  private Checkpoint() {}

  /**
   * How far the run in a checkpoint had come.
   *
   * @throws IOException when the file cannot be read or is no checkpoint
   */
  public static Progress progress(Path file) throws IOException {
    try (SafetensorsReader reader = Safetensors.open(file)) {
      TrainingState state = state(file, reader.metadata());
      return new Progress(state.step, state.epoch, state.bestLoss, state.bestStep, state.seconds);
    }
  }

  /** Writes a checkpoint, whole or not at all. */
  static void write(Path file, Trainer.Builder run, TrainingState state, Tensor window)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", FORMAT);
    metadata.put("version", VERSION);
    metadata.putAll(settings(run));
    state.write(metadata);
    run.schedule.state().forEach((name, value) -> metadata.put(SCHEDULE + name, value.toString()));
    List<NamedArray> arrays = new ArrayList<>();
    tensors(run, window).forEach((name, tensor) -> arrays.add(array(name, tensor)));
    Safetensors.write(file, arrays, metadata);
  }

  /**
   * Checks that a checkpoint belongs to a run, then loads it into the run's tensors and schedule.
   *
   * @return the counters
   * @throws IOException when the file cannot be read or is no checkpoint
   * @throws IllegalArgumentException when it belongs to another model or other settings
   */
  static TrainingState read(Path file, Trainer.Builder run, Tensor window) throws IOException {
    try (SafetensorsReader reader = Safetensors.open(file)) {
      TrainingState state = state(file, reader.metadata());
      requireSettings(file, settings(run), reader.metadata());
      if (state.batch >= run.problem.batchesPerEpoch()) {
        throw new IOException(file + " is a damaged checkpoint: its batch is " + state.batch);
      }
      Map<String, Tensor> tensors = tensors(run, window);
      requireTensors(file, tensors, reader.arrays());
      restoreSchedule(file, run, reader.metadata());
      if (state.batch > 0) {
        run.problem.startEpoch(state.epoch); // before the carried state, which it resets
      }
      for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
        load(reader, entry.getKey(), entry.getValue());
      }
      return state;
    }
  }

  /** What must be the same for a resumed run to compute what the unbroken one would have. */
  private static Map<String, String> settings(Trainer.Builder run) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("seed", Long.toString(run.seed));
    settings.put("accumulation", Integer.toString(run.accumulation));
    settings.put("batches_per_epoch", Long.toString(run.problem.batchesPerEpoch()));
    settings.put("optimizer", run.optimizer.rule().getClass().getSimpleName());
    settings.put("schedule", run.schedule.getClass().getSimpleName());
    return settings;
  }

  private static Map<String, Tensor> tensors(Trainer.Builder run, Tensor window) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Parameter parameter : run.problem.parameters().parameters()) {
      tensors.put("parameters." + parameter.name(), parameter.value());
    }
    run.optimizer.state().forEach((name, tensor) -> tensors.put("optimizer." + name, tensor));
    run.problem.carried().forEach((name, tensor) -> tensors.put("carried." + name, tensor));
    tensors.put("loss_window", window);
    return tensors;
  }

  private static NamedArray array(String name, Tensor tensor) {
    int[] shape = dims(tensor.shape());
    if (tensor.type() == DType.INT32) {
      return new NamedArray.Ints(name, shape, tensor.toInts());
    }
    return new NamedArray.FloatSource(
        name,
        shape,
        (from, chunk, count) -> tensor.slice(from, Shape.of(count)).download(chunk, 0));
  }

  private static void load(SafetensorsReader reader, String name, Tensor tensor)
      throws IOException {
    if (tensor.type() == DType.INT32) {
      tensor.upload(reader.ints(name), 0);
      return;
    }
    long size = tensor.shape().size();
    float[] chunk = new float[(int) Math.min(CHUNK, size)];
    for (long from = 0; from < size; from += CHUNK) {
      int count = (int) Math.min(CHUNK, size - from);
      reader.readFloats(name, from, chunk, 0, count);
      tensor.slice(from, Shape.of(count)).upload(chunk, 0);
    }
  }

  private static TrainingState state(Path file, Map<String, String> metadata) throws IOException {
    if (!FORMAT.equals(metadata.get("format"))) {
      throw new IOException(file + " is a safetensors file, but no checkpoint of a training run");
    }
    if (!VERSION.equals(metadata.get("version"))) {
      throw new IOException(
          "%s is a checkpoint of format version %s, and this program reads version %s"
              .formatted(file, metadata.get("version"), VERSION));
    }
    try {
      return TrainingState.read(metadata);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " is a damaged checkpoint: its " + e.getMessage(), e);
    }
  }

  private static void requireSettings(
      Path file, Map<String, String> wanted, Map<String, String> found) {
    wanted.forEach((name, value) -> {
      if (!value.equals(found.get(name))) {
        throw new IllegalArgumentException(
            "%s was made with %s %s and cannot be resumed with %s"
                .formatted(file, name.replace('_', ' '), found.get(name), value));
      }
    });
  }

  private static void requireTensors(
      Path file, Map<String, Tensor> wanted, Map<String, ArrayInfo> found) {
    String cannot = file + " cannot be resumed with this model: ";
    for (Map.Entry<String, Tensor> entry : wanted.entrySet()) {
      ArrayInfo info = found.get(entry.getKey());
      String name = readable(entry.getKey());
      Tensor tensor = entry.getValue();
      if (info == null) {
        throw new IllegalArgumentException(cannot + "the file has no " + name);
      }
      String shape = Arrays.toString(info.shape());
      if (!shape.equals(tensor.shape().toString())) {
        throw new IllegalArgumentException(
            "%s%s has the shape %s in the file but %s in the model"
                .formatted(cannot, name, shape, tensor.shape()));
      }
      ElementType type = tensor.type() == DType.INT32 ? ElementType.I32 : ElementType.F32;
      if (info.type() != type) {
        throw new IllegalArgumentException(
            "%s%s is stored as %s, where %s is expected"
                .formatted(cannot, name, info.type(), type));
      }
    }
    for (String name : found.keySet()) {
      if (!wanted.containsKey(name)) {
        throw new IllegalArgumentException(cannot + "the model has no " + readable(name));
      }
    }
  }

  /** For example "parameter lstm.weight_hh_l0" for {@code parameters.lstm.weight_hh_l0}. */
  private static String readable(String name) {
    if (name.startsWith("parameters.")) {
      return "parameter " + name.substring("parameters.".length());
    }
    if (name.startsWith("optimizer.")) {
      return "optimizer state " + name.substring("optimizer.".length());
    }
    return name.startsWith("carried.")
        ? "carried state " + name.substring("carried.".length())
        : name;
  }

  private static void restoreSchedule(Path file, Trainer.Builder run, Map<String, String> metadata)
      throws IOException {
    Map<String, Double> state = new LinkedHashMap<>();
    try {
      for (String name : metadata.keySet()) {
        if (name.startsWith(SCHEDULE)) {
          state.put(name.substring(SCHEDULE.length()), TrainingState.number(metadata, name));
        }
      }
      run.schedule.restore(state);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " is a damaged checkpoint: " + e.getMessage(), e);
    }
  }

  private static int[] dims(Shape shape) {
    int[] dims = new int[shape.rank()];
    for (int axis = 0; axis < dims.length; axis++) {
      dims[axis] = shape.dim(axis);
    }
    return dims;
  }
}
