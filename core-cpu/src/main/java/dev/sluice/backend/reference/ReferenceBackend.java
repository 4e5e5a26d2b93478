package dev.sluice.backend.reference;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.DropoutOps;
import dev.sluice.backend.ElementOps;
import dev.sluice.backend.EmbeddingOps;
import dev.sluice.backend.LayerNormOps;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.MatrixOps;
import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.RecurrentOps;
import dev.sluice.backend.Shape;

/**
 * The specification of the contract in double precision, on one thread. Every call has finished when
 * it returns.
 */
public final class ReferenceBackend implements Backend {
  private final Ledger ledger = new Ledger();
  private final MatrixOps matrix;
  private final EmbeddingOps embedding = new ReferenceEmbedding();
  private final RecurrentOps recurrent;
  private final ElementOps elements = new ReferenceElements();
  private final LayerNormOps layerNorm = new ReferenceLayerNorm();
  private final DropoutOps dropout = new ReferenceDropout();
  private final LossOps losses = new ReferenceLosses();
  private final OptimizerOps optimizers = new ReferenceOptimizers();

  /** The specification. */
  public ReferenceBackend() {
    this(Rounding.NONE);
  }

  /**
   * A reference that is not exact, to see what becomes of rounding errors in matrix products and
   * recurrent layers.
   *
   * @param rounding where numbers are rounded, and how
   */
  public ReferenceBackend(Rounding rounding) {
    this.matrix = new ReferenceMatrix(rounding);
    this.recurrent = new ReferenceRecurrent(rounding, ledger);
  }

  @Override
  public String name() {
    return "reference";
  }

  @Override
  public String description() {
    return "plain loops in double precision, 1 thread";
  }

  /**
   * {@inheritDoc}
   *
   * <p>Floating-point tensors of every type hold doubles: {@link ReferenceTensor#type} tells what was
   * asked for, and nothing is rounded.
   */
  @Override
  public ReferenceTensor allocate(DType type, Shape shape) {
    return ReferenceTensor.allocate(type, shape, ledger);
  }

  @Override
  public MatrixOps matrix() {
    return matrix;
  }

  @Override
  public EmbeddingOps embedding() {
    return embedding;
  }

  @Override
  public RecurrentOps recurrent() {
    return recurrent;
  }

  @Override
  public ElementOps elements() {
    return elements;
  }

  @Override
  public LayerNormOps layerNorm() {
    return layerNorm;
  }

  @Override
  public DropoutOps dropout() {
    return dropout;
  }

  @Override
  public LossOps losses() {
    return losses;
  }

  @Override
  public OptimizerOps optimizers() {
    return optimizers;
  }

  @Override
  public long allocatedBytes() {
    return ledger.bytes();
  }

  /** Does nothing: every call has finished when it returns. */
  @Override
  public void finish() {}

  /** Leaves the arrays to the garbage collector. */
  @Override
  public void close() {
    ledger.clear();
  }
}
