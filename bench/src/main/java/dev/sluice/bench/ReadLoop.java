package dev.sluice.bench;

import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Reads an array; see {@link CeilingLoop#read}, which makes one for a width. */
final class ReadLoop implements CeilingLoop {
  private static final VectorSpecies<Float> SPECIES = species();
  private static final int LANES = SPECIES.length();

  ReadLoop() {}

  @SuppressWarnings("unchecked") // what CeilingLoop.make passes
  private static VectorSpecies<Float> species() {
    try {
      return MethodHandles.classData(MethodHandles.lookup(), "_", VectorSpecies.class);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public float run(float[] data, int rounds) {
    float sum = 0;
    for (int i = 0; i < rounds; i++) {
      sum += pass(data);
    }
    return sum;
  }

  /** Four places at once, as a matrix's rows are read: one place alone leaves bandwidth unused. */
  private static float pass(float[] data) {
    var zero = FloatVector.zero(SPECIES);
    var s0 = zero;
    var s1 = zero;
    var s2 = zero;
    var s3 = zero;
    var s4 = zero;
    var s5 = zero;
    var s6 = zero;
    var s7 = zero;
    int quarter = (data.length - FIRST) / 4;
    for (int i = FIRST; i <= FIRST + quarter - 2 * LANES; i += 2 * LANES) {
      s0 = s0.add(FloatVector.fromArray(SPECIES, data, i));
      s1 = s1.add(FloatVector.fromArray(SPECIES, data, i + LANES));
      s2 = s2.add(FloatVector.fromArray(SPECIES, data, quarter + i));
      s3 = s3.add(FloatVector.fromArray(SPECIES, data, quarter + i + LANES));
      s4 = s4.add(FloatVector.fromArray(SPECIES, data, 2 * quarter + i));
      s5 = s5.add(FloatVector.fromArray(SPECIES, data, 2 * quarter + i + LANES));
      s6 = s6.add(FloatVector.fromArray(SPECIES, data, 3 * quarter + i));
      s7 = s7.add(FloatVector.fromArray(SPECIES, data, 3 * quarter + i + LANES));
    }
    var sum = s0.add(s1).add(s2).add(s3).add(s4).add(s5).add(s6).add(s7);
    return sum.reduceLanes(VectorOperators.ADD);
  }
}
