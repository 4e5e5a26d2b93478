package dev.sluice.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One axis of a chart: maps values to positions and chooses round ticks.
 *
 * @param low value at the axis's beginning
 * @param high value at its end, above low
 * @param logarithmic whether equal factors, not equal differences, are equally far apart
 */
record Axis(double low, double high, boolean logarithmic) {
  /** Factor between the largest and smallest value from which a logarithmic axis is easier to read. */
  private static final double LOGARITHMIC_FROM = 60;

  private static final double[] ROUND = {1, 2, 2.5, 5, 10};

  /** For the steps of a run: from zero, unless they begin late. */
  static Axis steps(double first, double last) {
    double low = first > last / 2 ? first : 0;
    return last > low ? new Axis(low, last, false) : new Axis(low - 0.5, low + 0.5, false);
  }

  /** Around values, with some room; logarithmic when they are positive and span a wide range. */
  static Axis around(double least, double greatest) {
    if (least > 0 && greatest / least >= LOGARITHMIC_FROM) {
      return new Axis(least / 1.15, greatest * 1.15, true);
    }
    double span = greatest - least;
    double room = span > 0 ? span * 0.06 : least == 0 ? 0.5 : Math.abs(least) * 0.1;
    double low = least >= 0 && least - room < 0 ? 0 : least - room;
    return new Axis(low, greatest + room, false);
  }

  /** Around values, and down to zero when they are not negative: a rate, for example. */
  static Axis fromZero(double least, double greatest) {
    Axis axis = around(least, greatest);
    return axis.logarithmic || axis.low <= 0
        ? axis
        : new Axis(0, greatest > 0 ? greatest * 1.06 : 1, false);
  }

  /** Where a value lies: 0 at the axis's beginning, 1 at its end. */
  double position(double value) {
    return logarithmic
        ? Math.log(value / low) / Math.log(high / low)
        : (value - low) / (high - low);
  }

  /** Round values on the axis, about {@code wanted} of them, in ascending order. */
  List<Double> ticks(int wanted) {
    if (logarithmic) {
      return logarithmicTicks(wanted);
    }
    double step = tickStep(wanted);
    List<Double> ticks = new ArrayList<>();
    long last = (long) Math.floor(high / step + 1e-9);
    for (long tick = (long) Math.ceil(low / step - 1e-9); tick <= last; tick++) {
      ticks.add(tick * step);
    }
    return ticks;
  }

  /** As {@link #ticks}, without fractions. */
  List<Double> wholeTicks(int wanted) {
    return ticks(wanted).stream().filter(tick -> tick == Math.rint(tick)).toList();
  }

  private double tickStep(int wanted) {
    double rough = (high - low) / Math.max(1, wanted);
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    for (double round : ROUND) {
      if (round * power >= rough * (1 - 1e-9)) {
        return round * power;
      }
    }
    return 10 * power;
  }

  private List<Double> logarithmicTicks(int wanted) {
    int from = (int) Math.floor(Math.log10(low));
    int to = (int) Math.ceil(Math.log10(high));
    int decades = (int) Math.ceil(Math.log10(high / low));
    int[] mantissas = decades * 2 <= wanted ? new int[] {1, 2, 5} : new int[] {1};
    int every = Math.max(1, Math.ceilDiv(decades, Math.max(1, wanted)));
    List<Double> ticks = new ArrayList<>();
    for (int power = Math.floorDiv(from, every) * every; power <= to; power += every) {
      for (int mantissa : mantissas) {
        double tick = mantissa * Math.pow(10, power);
        if (tick >= low && tick <= high) {
          ticks.add(tick);
        }
      }
    }
    return ticks;
  }

  /** What stands beside a tick: as many decimals as tell it from its neighbours. */
  String label(double tick, int wanted) {
    double size = Math.max(Math.abs(low), Math.abs(high));
    if (tick == 0) {
      return "0";
    }
    if (logarithmic || size < 1e-3 || size >= 1e8) {
      return Figures.significant(tick, 3);
    }
    if (size >= 1e5) {
      return Figures.significant(tick / 1e3, 5) + "k";
    }
    double step = tickStep(wanted);
    int decimals = 0;
    while (decimals < 9 && Math.abs(step - round(step, decimals)) > step * 1e-6) {
      decimals++;
    }
    return String.format(Locale.ROOT, "%,." + decimals + "f", tick);
  }

  private static double round(double value, int decimals) {
    double factor = Math.pow(10, decimals);
    return Math.rint(value * factor) / factor;
  }
}
