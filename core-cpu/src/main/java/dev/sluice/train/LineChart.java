package dev.sluice.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line chart as one SVG element. Lines differ in colour and in stroke, and the legend shows both;
 * colours come from the page's style sheet. A curve with more points than the chart has room for is
 * drawn as the mean of neighbours with a band from their least to their greatest.
 */
final class LineChart {
  /** How a line is drawn. */
  enum Line {
    /** Thin and solid. */
    SOLID("solid"),
    /** Thick, dashed, with a dot at each point. */
    DASHED("dashed");

    private final String style;

    Line(String style) {
      this.style = style;
    }
  }

  /** What the vertical axis shows. */
  enum Range {
    /** The values. */
    VALUES,
    /** The values and zero. */
    FROM_ZERO
  }

  private static final int MOST_POINTS = 400;
  private static final int LEFT = 74;
  private static final int RIGHT = 34;
  private static final int TOP = 30;
  private static final int BOTTOM = 44;
  private static final int CHARACTER = 7;

  private record Point(double x, double y, double least, double greatest) {}

  private record Curve(String name, Line line, List<Point> points, boolean banded) {}

  private final String title;
  private final String xLabel;
  private final String yLabel;
  private final Range range;
  private final int width;
  private final int height;
  private final List<Curve> curves = new ArrayList<>();

  /**
   * An empty chart.
   *
   * @param title for those who cannot see it
   * @param xLabel what the horizontal axis counts
   * @param yLabel what the vertical axis measures, with its unit
   * @param range what the vertical axis shows
   * @param width in user units
   * @param height in user units
   */
  LineChart(String title, String xLabel, String yLabel, Range range, int width, int height) {
    this.title = title;
    this.xLabel = xLabel;
    this.yLabel = yLabel;
    this.range = range;
    this.width = width;
    this.height = height;
  }

  /**
   * Adds a curve.
   *
   * @param name in the legend
   * @param line how it is drawn
   * @param x ascending
   * @param y one for each x; gaps where it is not finite
   */
  LineChart add(String name, Line line, double[] x, double[] y) {
    int bucket = Math.ceilDiv(Math.max(1, x.length), MOST_POINTS);
    List<Point> points = new ArrayList<>();
    for (int from = 0; from < x.length; from += bucket) {
      points.add(merge(x, y, from, Math.min(x.length, from + bucket)));
    }
    curves.add(new Curve(name, line, points, bucket > 1));
    return this;
  }

  private static Point merge(double[] x, double[] y, int from, int to) {
    double sum = 0;
    int count = 0;
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      if (Double.isFinite(y[i])) {
        sum += y[i];
        count++;
        least = Math.min(least, y[i]);
        greatest = Math.max(greatest, y[i]);
      }
    }
    return new Point(x[to - 1], count == 0 ? Double.NaN : sum / count, least, greatest);
  }

  /** The chart as an {@code <svg>} element. */
  String svg() {
    StringBuilder out = new StringBuilder(4096);
    out.append("<svg viewBox=\"0 0 ").append(width).append(' ').append(height);
    out.append("\" role=\"img\" aria-label=\"").append(Html.escape(title)).append("\">\n");
    double leastX = Double.POSITIVE_INFINITY;
    double greatestX = Double.NEGATIVE_INFINITY;
    double leastY = Double.POSITIVE_INFINITY;
    double greatestY = Double.NEGATIVE_INFINITY;
    for (Curve curve : curves) {
      for (Point point : curve.points) {
        leastX = Math.min(leastX, point.x);
        greatestX = Math.max(greatestX, point.x);
        leastY = Math.min(leastY, point.least);
        greatestY = Math.max(greatestY, point.greatest);
      }
    }
    if (leastY > greatestY) {
      text(out, "empty", width / 2.0, height / 2.0, "middle", "no values yet");
      return out.append("</svg>").toString();
    }
    Axis xAxis = Axis.steps(leastX, greatestX);
    Axis yAxis =
        range == Range.FROM_ZERO
            ? Axis.fromZero(leastY, greatestY)
            : Axis.around(leastY, greatestY);
    grid(out, xAxis, yAxis);
    for (Curve curve : curves) {
      draw(out, curve, xAxis, yAxis);
    }
    legend(out);
    return out.append("</svg>").toString();
  }

  private void grid(StringBuilder out, Axis xAxis, Axis yAxis) {
    int wantedY = Math.max(2, (height - TOP - BOTTOM) / 40);
    for (double tick : yAxis.ticks(wantedY)) {
      double y = y(yAxis, tick);
      line(out, "grid", LEFT, y, width - RIGHT, y);
      text(out, "tick", LEFT - 8, y + 4, "end", yAxis.label(tick, wantedY));
    }
    int labelWidth = Figures.count((long) xAxis.high()).length() * CHARACTER + 36;
    int wantedX = Math.max(2, (width - LEFT - RIGHT) / labelWidth);
    for (double tick : xAxis.wholeTicks(wantedX)) {
      double x = x(xAxis, tick);
      line(out, "grid", x, TOP, x, height - BOTTOM);
      text(out, "tick", x, height - BOTTOM + 17, "middle", Figures.count(Math.round(tick)));
    }
    line(out, "axis", LEFT, height - BOTTOM, width - RIGHT, height - BOTTOM);
    line(out, "axis", LEFT, TOP, LEFT, height - BOTTOM);
    text(out, "label", (LEFT + width - RIGHT) / 2.0, height - 8, "middle", xLabel);
    double middle = (TOP + height - BOTTOM) / 2.0;
    String scale = yAxis.logarithmic() ? " (logarithmic)" : "";
    out.append("<text class=\"label\" text-anchor=\"middle\" transform=\"translate(13 ");
    out.append(number(middle)).append(") rotate(-90)\">");
    out.append(Html.escape(yLabel + scale)).append("</text>\n");
  }

  private void draw(StringBuilder out, Curve curve, Axis xAxis, Axis yAxis) {
    List<Point> run = new ArrayList<>();
    for (Point point : curve.points) {
      if (Double.isNaN(point.y)) {
        drawRun(out, curve, run, xAxis, yAxis);
        run.clear();
      } else {
        run.add(point);
      }
    }
    drawRun(out, curve, run, xAxis, yAxis);
  }

  /** Draws points between two gaps; a single one as a dot. */
  private void drawRun(StringBuilder out, Curve curve, List<Point> run, Axis xAxis, Axis yAxis) {
    if (run.isEmpty()) {
      return;
    }
    if (curve.banded && run.size() > 1) {
      out.append("<path class=\"band ").append(curve.line.style).append("\" d=\"");
      for (int i = 0; i < run.size(); i++) {
        move(out, i == 0, x(xAxis, run.get(i).x), y(yAxis, run.get(i).greatest));
      }
      for (int i = run.size() - 1; i >= 0; i--) {
        move(out, false, x(xAxis, run.get(i).x), y(yAxis, run.get(i).least));
      }
      out.append("Z\"/>\n");
    }
    if (run.size() > 1) {
      out.append("<path class=\"line ").append(curve.line.style).append("\" d=\"");
      for (int i = 0; i < run.size(); i++) {
        move(out, i == 0, x(xAxis, run.get(i).x), y(yAxis, run.get(i).y));
      }
      out.append("\"/>\n");
    }
    if (run.size() == 1 || curve.line == Line.DASHED && curve.points.size() <= 60) {
      for (Point point : run) {
        out.append("<circle class=\"dot ").append(curve.line.style).append("\" r=\"3.2\" cx=\"");
        out.append(number(x(xAxis, point.x))).append("\" cy=\"");
        out.append(number(y(yAxis, point.y))).append("\"/>\n");
      }
    }
  }

  /** Names the lines above the plot, each beside a piece of it. */
  private void legend(StringBuilder out) {
    double x = LEFT;
    for (Curve curve : curves) {
      out.append("<path class=\"line ").append(curve.line.style).append("\" d=\"");
      move(out, true, x, 14);
      move(out, false, x + 34, 14);
      out.append("\"/>\n");
      text(out, "legend", x + 41, 18, "start", curve.name);
      x += 41 + curve.name.length() * CHARACTER + 26;
    }
  }

  private double x(Axis axis, double value) {
    return LEFT + axis.position(value) * (width - LEFT - RIGHT);
  }

  private double y(Axis axis, double value) {
    return height - BOTTOM - axis.position(value) * (height - TOP - BOTTOM);
  }

  private static void move(StringBuilder out, boolean first, double x, double y) {
    out.append(first ? 'M' : 'L').append(number(x)).append(' ').append(number(y));
  }

  private static void line(
      StringBuilder out, String style, double x, double y, double x2, double y2) {
    out.append("<path class=\"").append(style).append("\" d=\"");
    move(out, true, x, y);
    move(out, false, x2, y2);
    out.append("\"/>\n");
  }

  private static void text(
      StringBuilder out, String style, double x, double y, String anchor, String text) {
    out.append("<text class=\"").append(style).append("\" x=\"").append(number(x));
    out.append("\" y=\"")
        .append(number(y))
        .append("\" text-anchor=\"")
        .append(anchor)
        .append("\">");
    out.append(Html.escape(text)).append("</text>\n");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
