package dev.sluice.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class DeclarationWriterTest {
  /** What the writer is shown; the names of members and parameters are in the expected text. */
  public abstract static class Sample<K extends Comparable<K>, V> implements Serializable {
    private static final long serialVersionUID = 1;

    /** Public. */
    public static final int SIZE = 3;

    /** Public. */
    protected transient volatile List<? super V>[] lists;

    int packagePrivate;

    /** Public. */
    protected Sample(K key, V value) throws IOException, InterruptedException {}

    /** Public. */
    @Deprecated
    public final synchronized <T extends Number & Runnable> T[] change(
        Map.Entry<K, V> entry, int[][] numbers, Function<K, ? extends V> type, Class<?>... rest) {
      return null;
    }

    abstract void packagePrivate();

    /** Public. */
    public abstract boolean change(String from, String to);

    /** Public. */
    @FunctionalInterface
    public interface Shape {
      /** Public. */
      double area();

      /** Public. */
      default boolean isEmpty() {
        return area() == 0;
      }

      /** Public. */
      static Shape none() {
        return () -> 0;
      }
    }

    /** Public. */
    protected enum Colour {
      RED,
      GREEN
    }

    private static final class Hidden {}
  }

  @Test
  void declarationsAreWrittenAsJavaSource() {
    assertEquals(
        """
        package dev.sluice.data;

        import java.io.IOException;
        import java.io.Serializable;
        import java.util.List;
        import java.util.Map;
        import java.util.function.Function;

        public abstract static class Sample<K extends Comparable<K>, V> implements Serializable {
          protected transient volatile List<? super V>[] lists;
          public static final int SIZE;
          protected Sample(K k, V v) throws IOException, InterruptedException;
          @Deprecated
          public final <T extends Number & Runnable> T[] change(Map.Entry<K, V> entry, int[][] ints, Function<K, ? extends V> function, Class<?>... classs);
          public abstract boolean change(String string, String string2);

          protected enum Colour {
            GREEN, RED;

            public static DeclarationWriterTest.Sample.Colour valueOf(String string);
            public static DeclarationWriterTest.Sample.Colour[] values();
          }

          @FunctionalInterface
          public interface Shape {
            default boolean isEmpty();
            double area();
            static DeclarationWriterTest.Sample.Shape none();
          }
        }
        """,
        new DeclarationWriter(Sample.class).compilationUnit());
  }
}
