package dev.sluice.bench.peers;

import dev.sluice.backend.RecurrentSpec;
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
    return parameters(work.spec(), work.vocabulary(), this::draw);
  }

  /** Draws a parameter. */
  @FunctionalInterface
  public interface Drawing {
    /** Numbers that are uniform in ±width. */
    float[] draw(String name, int size, float width);
  }

  /** As {@link #parameters()} of layers that read what an embedding of V rows gives, or x. */
  public static Map<String, float[]> parameters(
      RecurrentSpec spec, int vocabulary, Drawing drawing) {
    Map<String, float[]> parameters = new LinkedHashMap<>();
    float width = (float) (1 / Math.sqrt(spec.hiddenSize()));
    int table = Math.multiplyExact(vocabulary, spec.hiddenSize());
    if (table > 0) {
      parameters.put("embedding.weight", drawing.draw("embedding.weight", table, 1));
    }
    for (Slice slice : spec.slices()) {
      int size = Math.toIntExact(slice.shape().size());
      parameters.put(slice.name(), drawing.draw(slice.name(), size, width));
    }
    if (table > 0) {
      parameters.put("output.weight", drawing.draw("output.weight", table, width));
      parameters.put("output.bias", drawing.draw("output.bias", vocabulary, width));
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
    float[] values = uniform(name, size, width);
    if (change != 0) {
      SplittableRandom upOrDown = new SplittableRandom(changeSeed + name.hashCode());
      for (int i = 0; i < size; i++) {
        values[i] = (float) (values[i] * (1 + (upOrDown.nextInt() < 0 ? change : -change)));
      }
    }
    return values;
  }

  /** Numbers that are uniform in ±width and follow from the name alone. */
  public static float[] uniform(String name, int size, float width) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = width * (2 * (random.nextInt() >>> 8) * 0x1p-24f - 1);
    }
    return values;
  }

  /** Whole numbers that are uniform in 0..bound-1 and follow from the name alone. */
  public static int[] integers(String name, int size, int bound) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    int[] values = new int[size];
    for (int i = 0; i < size; i++) {
      values[i] = (int) ((long) (random.nextInt() >>> 8) * bound >> 24);
    }
    return values;
  }
}
