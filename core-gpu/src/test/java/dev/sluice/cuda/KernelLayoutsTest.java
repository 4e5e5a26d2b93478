package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The registry of kernels as the launcher reads it. */
class KernelLayoutsTest {
  @Test
  void readsFieldsAndNames() {
    KernelLayouts layouts =
        new KernelLayouts(
            """
            // kernels: one_{f32,bf16} other (a remark, with commas)
            // grid: any
            struct One {
              const void* x;  // T [n]
                              // more about it
              float* y;
              long long count;
              int kind;
              float alpha;
            };
            """);
    assertEquals("pplif", layouts.of("one_f32"));
    assertEquals("pplif", layouts.of("one_bf16"));
    assertEquals("pplif", layouts.of("other"));
    assertThrows(IllegalArgumentException.class, () -> layouts.of("one"));
  }

  @Test
  void refusesAnUnknownType() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new KernelLayouts("// kernels: a\nstruct A {\n  double x;\n};\n"));
  }

  /** The rule by which the struct is filled: 8-byte fields first. */
  @Test
  void theRealRegistryFollowsItsRule() {
    KernelLayouts layouts = new KernelSources().layouts();
    int count = 0;
    for (String name : layouts.names()) {
      assertTrue(layouts.of(name).matches("[pl]+[if]*"), name + " " + layouts.of(name));
      count++;
    }
    assertTrue(count > 50, count + " kernels");
  }
}
