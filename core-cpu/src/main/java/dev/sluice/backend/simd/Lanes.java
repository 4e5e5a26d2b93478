package dev.sluice.backend.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width, fixed when this class is loaded: the machine's preferred one, or the one that
 * {@code -Dsluice.vectorBits=128|256|512} forces. Results do not depend on it.
 */
final class Lanes {
  /**
   * The species of every float kernel. Must stay a static final: the compiler needs a constant. And it
   * must stay alone: with 128-bit vectors beside these, 9 of 125 JVM starts compiled a register tile
   * so that it boxed every vector, thirty times slower.
   */
  static final VectorSpecies<Float> SPECIES = species();

  /** Integers of the same shape. */
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SPECIES.vectorShape());

  /** Floats in one vector. */
  static final int LANES = SPECIES.length();

  /**
   * Index at which the numbers of a large array begin. An array's elements lie 16 bytes behind its
   * address, so where arrays lie at cache lines ({@code -XX:ObjectAlignmentInBytes=64}, or large ones
   * with G1), the elements from here on do too. Vectors of a panel across two lines cost an Emerald
   * Rapids core 6 % with tiles of 12 rows and 38 % with tiles of 4.
   */
  static final int FIRST = 12;

  private Lanes() {}

  private static VectorSpecies<Float> species() {
    String forced = System.getProperty("sluice.vectorBits");
    if (forced == null) {
      VectorSpecies<Float> preferred = FloatVector.SPECIES_PREFERRED;
      return preferred.vectorBitSize() < 128 ? FloatVector.SPECIES_128 : preferred;
    }
    return switch (forced) {
      case "128" -> FloatVector.SPECIES_128;
      case "256" -> FloatVector.SPECIES_256;
      case "512" -> FloatVector.SPECIES_512;
      default ->
          throw new IllegalArgumentException(
              "sluice.vectorBits must be 128, 256 or 512, not " + forced);
    };
  }

  /** Width in bits, for messages. */
  static int bits() {
    return SPECIES.vectorBitSize();
  }
}
