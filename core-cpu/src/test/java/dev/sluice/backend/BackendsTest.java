package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A device is chosen with reasons, and a refusal names what would help. */
class BackendsTest {
  @Test
  void whenNoDeviceWorksEachOneSaysWhy() {
    List<BackendProvider> providers =
        List.of(new Missing("cuda", "there is no driver"), new Missing("cpu", "no vectors"));
    IllegalStateException none =
        assertThrows(
            IllegalStateException.class,
            () -> Backends.choose("auto", BackendOptions.DEFAULT, providers));
    assertEquals(
        "no device can be used here: cuda: there is no driver; cpu: no vectors", none.getMessage());
  }

  @Test
  void aForcedDeviceThatIsMissingIsRefusedWithItsReason() {
    IllegalStateException refused =
        assertThrows(
            IllegalStateException.class,
            () ->
                Backends.choose(
                    "cuda",
                    BackendOptions.DEFAULT,
                    List.of(new Missing("cuda", "there is no driver"))));
    assertTrue(refused.getMessage().contains("there is no driver"), refused.getMessage());
  }

  @Test
  void anUnknownDeviceIsRefusedWithTheKnownOnes() {
    IllegalArgumentException unknown =
        assertThrows(
            IllegalArgumentException.class, () -> Backends.choose("tpu", BackendOptions.DEFAULT));
    assertTrue(unknown.getMessage().contains("'tpu'"), unknown.getMessage());
    assertTrue(unknown.getMessage().contains("reference"), unknown.getMessage());
  }

  @Test
  void anIndexIsForGpus() {
    assertEquals(new DeviceName("cuda", 3), DeviceName.of("cuda:3"));
    assertEquals(new DeviceName("cuda", -1), DeviceName.of("cuda"));
    for (String wrong : List.of("cuda:", "cuda:x", "cuda:-1", "cuda:99999999", "cpu:0", "auto:1")) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> Backends.choose(wrong, BackendOptions.DEFAULT));
      assertTrue(refused.getMessage().contains("'" + wrong + "'"), refused.getMessage());
    }
  }

  @Test
  void theIndexInTheNameCounts() {
    List<BackendOptions> asked = new ArrayList<>();
    BackendProvider cuda =
        new Missing("cuda", "") {
          @Override
          public Probe probe() {
            return new Probe(true, "");
          }

          @Override
          public Backend create(BackendOptions options) {
            asked.add(options);
            return super.create(options);
          }
        };
    for (String device : List.of("cuda", "cuda:2")) {
      assertThrows(
          IllegalStateException.class,
          () -> Backends.choose(device, new BackendOptions(0, 1), List.of(cuda)));
    }
    assertEquals(List.of(new BackendOptions(0, 1), new BackendOptions(0, 2)), asked);
  }

  @Test
  void theReferenceIsNeverChosenByItself() {
    try (Backend backend = Backends.open()) {
      assertFalse(backend.name().equals("reference"), backend.name());
    }
  }

  /** A provider whose device is not there. */
  private static class Missing implements BackendProvider {
    private final String name;
    private final String reason;

    Missing(String name, String reason) {
      this.name = name;
      this.reason = reason;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String device() {
      return name;
    }

    @Override
    public int priority() {
      return 0;
    }

    @Override
    public Probe probe() {
      return new Probe(false, reason);
    }

    @Override
    public Backend create(BackendOptions options) {
      throw new IllegalStateException(reason);
    }
  }
}
