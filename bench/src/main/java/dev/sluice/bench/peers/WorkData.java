package dev.sluice.bench.peers;

import dev.sluice.backend.RecurrentSpec.Slice;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * The numbers that a {@link Work} is done with. They follow from the work alone, so that every
 * process draws the same.
 */
public final class WorkData {
  /** Learning rate of a language model's step; small, since every step sees the same batch. */
  public static final double LEARNING_RATE = 1e-4;

  /** Largest global norm of a language model's gradients. */
  public static final double CLIP_NORM = 1;

  /** Denominator's addend of Adam. */
  public static final double ADAM_EPSILON = 1e-8;

  /** First-moment decay of Adam. */
  public static final double ADAM_BETA1 = 0.9;

  /** Second-moment decay of Adam. */
  public static final double ADAM_BETA2 = 0.999;

  /** Steps whose outputs are compared in streaming. */
  public static final int CHECKED_STEPS = 8;

  /** Training steps whose losses are compared of a language model. */
  public static final int CHECKED_LOSSES = 4;

  private final Work work;
  private final double change;
  private final long changeSeed;

  private WorkData(Work work, double change, long changeSeed) {
    this.work = work;
    this.change = change;
    this.changeSeed = changeSeed;
  }

  /** The numbers as they are. */
  public static WorkData of(Work work) {
    return new WorkData(work, 0, 0);
  }

  /** The same with each number made larger or smaller by a relative change, at random. */
  public WorkData changed(double relative, long seed) {
    return new WorkData(work, relative, seed);
  }

  /**
   * The parameters by name, in PyTorch's names and layouts: {@code weight_ih_l0} and so on; of a
   * language model also {@code embedding.weight} [V, H] first, and {@code output.weight} [V, H] and
   * {@code output.bias} [V] last.
   */
  public Map<String, float[]> parameters() {
    Map<String, float[]> parameters = new LinkedHashMap<>();
    float width = (float) (1 / Math.sqrt(work.hidden()));
    int table = Math.multiplyExact(work.vocabulary(), work.hidden());
    if (table > 0) {
      parameters.put("embedding.weight", draw("embedding.weight", table, 1));
    }
    for (Slice slice : work.spec().slices()) {
      int size = Math.toIntExact(slice.shape().size());
      parameters.put(slice.name(), draw(slice.name(), size, width));
    }
    if (table > 0) {
      parameters.put("output.weight", draw("output.weight", table, width));
      parameters.put("output.bias", draw("output.bias", work.vocabulary(), width));
    }
    return parameters;
  }

  /** Input [T, B, H], uniform in ±1. */
  public float[] x() {
    return draw("x", work.steps() * work.batch() * work.hidden(), 1);
  }

  /** Gradient of the output [T, B, H], uniform in ±1. */
  public float[] outputGradient() {
    return draw("dy", work.steps() * work.batch() * work.hidden(), 1);
  }

  /** Tokens [T, B] that a language model reads. */
  public int[] ids() {
    return tokens("ids");
  }

  /** Tokens [T, B] that it shall predict. */
  public int[] targets() {
    return tokens("targets");
  }

  private int[] tokens(String name) {
    return new Random(name.hashCode())
        .ints((long) work.steps() * work.batch(), 0, work.vocabulary())
        .toArray();
  }

  private float[] draw(String name, int size, float width) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    SplittableRandom upOrDown = new SplittableRandom(changeSeed + name.hashCode());
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      float value = width * (2 * (random.nextInt() >>> 8) * 0x1p-24f - 1);
      boolean up = change != 0 && upOrDown.nextInt() < 0;
      values[i] = (float) (value * (1 + (up ? change : -change)));
    }
    return values;
  }
}
