package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
  void theReferenceIsNeverChosenByItself() {
    try (Backend backend = Backends.open()) {
      assertFalse(backend.name().equals("reference"), backend.name());
    }
  }

  /** A provider whose device is not there. */
  private record Missing(String name, String reason) implements BackendProvider {
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
