package dev.sluice.bench;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** A loop that does nothing but keep one part of the machine busy, for one vector width. */
public interface CeilingLoop {
  /** Accumulators of {@link FmaLoop}. */
  int ACCUMULATORS = 12;

  /**
   * Where {@link ReadLoop} begins to read: at a cache line, if arrays lie at such ({@code
   * -XX:ObjectAlignmentInBytes=64}), since their elements lie 16 bytes behind their address.
   */
  int FIRST = 12;

  /**
   * Runs the loop.
   *
   * @param data what it reads; of {@link #fma} only the first elements
   * @param rounds how often
   * @return something that depends on all of it, so that nothing can be left out
   */
  float run(float[] data, int rounds);

  /**
   * Fused multiply-adds on twelve independent accumulators: each round is one for every lane of each.
   *
   * @param bits vector width: 128, 256 or 512, and no more than the machine has
   */
  static CeilingLoop fma(int bits) {
    return make("FmaLoop.class", bits);
  }

  /** Reads and adds up the array from {@link #FIRST} on, each round: a multiple of 128 floats. */
  static CeilingLoop read() {
    return make("ReadLoop.class", FloatVector.SPECIES_PREFERRED.vectorBitSize());
  }

  /** The widths that the machine has, narrowest first. */
  static List<Integer> widths() {
    int widest = FloatVector.SPECIES_PREFERRED.vectorBitSize();
    return List.of(128, 256, 512).stream().filter(bits -> bits <= widest).toList();
  }

  /**
   * A copy of a loop for one width. The compiler wants the vector species as a constant of the class
   * (9 times slower otherwise), so each width gets a hidden class of its own from one source.
   */
  private static CeilingLoop make(String classFile, int bits) {
    VectorSpecies<Float> species =
        switch (bits) {
          case 128 -> FloatVector.SPECIES_128;
          case 256 -> FloatVector.SPECIES_256;
          case 512 -> FloatVector.SPECIES_512;
          default ->
              throw new IllegalArgumentException("no loop for vectors of %d bits".formatted(bits));
        };
    try (InputStream code = CeilingLoop.class.getResourceAsStream(classFile)) {
      return (CeilingLoop)
          MethodHandles.lookup()
              .defineHiddenClassWithClassData(code.readAllBytes(), species, true)
              .lookupClass()
              .getDeclaredConstructor()
              .newInstance();
    } catch (IOException | ReflectiveOperationException e) {
      throw new IllegalStateException("the loop " + classFile + " cannot be made: " + e, e);
    }
  }
}
