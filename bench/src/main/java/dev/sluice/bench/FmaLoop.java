package dev.sluice.bench;

import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Multiply-adds on twelve accumulators; see {@link CeilingLoop#fma}, which makes one for a width. */
final class FmaLoop implements CeilingLoop {
  private static final VectorSpecies<Float> SPECIES = species();
  private static final int LANES = SPECIES.length();

  FmaLoop() {}

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
    var x = FloatVector.broadcast(SPECIES, 0.999_999f);
    var y = FloatVector.broadcast(SPECIES, data[0]);
    var a0 = FloatVector.fromArray(SPECIES, data, 0);
    var a1 = FloatVector.fromArray(SPECIES, data, LANES);
    var a2 = FloatVector.fromArray(SPECIES, data, 2 * LANES);
    var a3 = FloatVector.fromArray(SPECIES, data, 3 * LANES);
    var a4 = FloatVector.fromArray(SPECIES, data, 4 * LANES);
    var a5 = FloatVector.fromArray(SPECIES, data, 5 * LANES);
    var a6 = FloatVector.fromArray(SPECIES, data, 6 * LANES);
    var a7 = FloatVector.fromArray(SPECIES, data, 7 * LANES);
    var a8 = FloatVector.fromArray(SPECIES, data, 8 * LANES);
    var a9 = FloatVector.fromArray(SPECIES, data, 9 * LANES);
    var a10 = FloatVector.fromArray(SPECIES, data, 10 * LANES);
    var a11 = FloatVector.fromArray(SPECIES, data, 11 * LANES);
    for (int i = 0; i < rounds; i++) {
      a0 = a0.fma(x, y);
      a1 = a1.fma(x, y);
      a2 = a2.fma(x, y);
      a3 = a3.fma(x, y);
      a4 = a4.fma(x, y);
      a5 = a5.fma(x, y);
      a6 = a6.fma(x, y);
      a7 = a7.fma(x, y);
      a8 = a8.fma(x, y);
      a9 = a9.fma(x, y);
      a10 = a10.fma(x, y);
      a11 = a11.fma(x, y);
    }
    var sum = a0.add(a1).add(a2).add(a3).add(a4).add(a5);
    return sum.add(a6).add(a7).add(a8).add(a9).add(a10).add(a11).lane(0);
  }
}
