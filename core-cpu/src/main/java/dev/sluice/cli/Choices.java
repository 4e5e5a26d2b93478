package dev.sluice.cli;

import dev.sluice.backend.CellType;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentPath;
import dev.sluice.backend.WeightStorage;
import dev.sluice.data.SplitMethod;
import dev.sluice.task.LanguageModelConfig.InitialWeights;
import java.util.Locale;

/** The closed choices of the options; {@code toString} is what a user writes. */
final class Choices {
  private Choices() {}

  /** Recurrent cells. */
  enum Cell {
    LSTM(CellType.LSTM),
    GRU(CellType.GRU),
    RNN(CellType.RNN_TANH),
    RNN_RELU(CellType.RNN_RELU);

    private final CellType type;

    Cell(CellType type) {
      this.type = type;
    }

    CellType type() {
      return type;
    }

    @Override
    public String toString() {
      return written(this);
    }
  }

  /** Kinds of tokens. */
  enum Token {
    BYTE,
    CHAR,
    WORD;

    @Override
    public String toString() {
      return written(this);
    }
  }

  /** Update rules. */
  enum Rule {
    SGD,
    NESTEROV,
    RMSPROP,
    ADAM,
    ADAMW;

    @Override
    public String toString() {
      return written(this);
    }
  }

  /** Learning rate schedules. */
  enum Course {
    CONSTANT,
    STEP,
    EXPONENTIAL,
    COSINE,
    PLATEAU;

    @Override
    public String toString() {
      return written(this);
    }
  }

  /** What is held out. */
  enum Split {
    DOCUMENTS(SplitMethod.DOCUMENTS),
    TAIL(SplitMethod.TAIL),
    STREAMS(SplitMethod.STREAMS);

    private final SplitMethod method;

    Split(SplitMethod method) {
      this.method = method;
    }

    SplitMethod method() {
      return method;
    }

    @Override
    public String toString() {
      return written(this);
    }
  }

  /** How weights are drawn. */
  enum Initial {
    UNIFORM(InitialWeights.UNIFORM),
    XAVIER(InitialWeights.XAVIER),
    ORTHOGONAL(InitialWeights.ORTHOGONAL);

    private final InitialWeights weights;

    Initial(InitialWeights weights) {
      this.weights = weights;
    }

    InitialWeights weights() {
      return weights;
    }

    @Override
    public String toString() {
      return written(this);
    }
  }

  /** How a GPU multiplies matrices. */
  enum Arithmetic {
    FP32(Precision.FP32),
    TF32(Precision.TF32),
    BF16(Precision.BF16);

    private final Precision precision;

    Arithmetic(Precision precision) {
      this.precision = precision;
    }

    Precision precision() {
      return precision;
    }

    @Override
    public String toString() {
      return written(this);
    }
  }

  /** How a GPU runs the steps of recurrent layers. */
  enum Path {
    AUTO(RecurrentPath.AUTO),
    STANDARD(RecurrentPath.STANDARD),
    SMALL(RecurrentPath.SMALL),
    GRID(RecurrentPath.GRID);

    private final RecurrentPath path;

    Path(RecurrentPath path) {
      this.path = path;
    }

    RecurrentPath path() {
      return path;
    }

    @Override
    public String toString() {
      return written(this);
    }
  }

  /** How the weights of the recurrent layers are stored. */
  enum Weights {
    FP32(WeightStorage.FLOAT32),
    BF16(WeightStorage.BFLOAT16),
    INT8(WeightStorage.INT8);

    private final WeightStorage storage;

    Weights(WeightStorage storage) {
      this.storage = storage;
    }

    WeightStorage storage() {
      return storage;
    }

    @Override
    public String toString() {
      return written(this);
    }
  }

  private static String written(Enum<?> choice) {
    return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
