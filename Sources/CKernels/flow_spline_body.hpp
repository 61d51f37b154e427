// Rational-quadratic splines of panels, a vector of rows at a time; see dispatch.hpp for how this file is read.
//
// The reference is RationalQuadraticSpline.swift (`Knots` and `Piece`); names are those of spline_body.hpp, which does the
// same for one number at a time. Parameters lie as lines of 64 rows: exponentials of widths and heights minus their
// largest, then unnormalized inner slopes. Splines that all rows share are one number a line, and have slopes ready.

template <class Scalar> struct PanelSplineForm {
  ptrdiff_t bins;
  Scalar bound, step, scale, minimumSlope, shift; // knot j is at -bound + step j + scale (sum of j shares)

  explicit PanelSplineForm(const CKFlowStep &flow)
      : bins(flow.bins), bound(Scalar(flow.bound)), step(Scalar(2 * flow.bound * flow.minimum_bin_size)),
        scale(Scalar(2 * flow.bound * (1 - flow.bins * flow.minimum_bin_size))),
        minimumSlope(Scalar(flow.minimum_slope)), shift(Scalar(std::log(std::expm1(1 - flow.minimum_slope)))) {}
  ptrdiff_t size() const { return 3 * bins - 1; }
};

/// The parameters of splines for a vector of rows.
template <class Scalar, bool isShared> struct PanelParameters {
  const Scalar *first;
  CK_INLINE Vector<Scalar> at(const PanelParameters &lines, ptrdiff_t line) {
    if constexpr (isShared) return Vector<Scalar>(lines.first[line]);
    else return load<Scalar>(lines.first + line * ck::panelRows);
  }
};

/// log(1 + exp(u)), also where it is small.
template <class Scalar> CK_INLINE Vector<Scalar> softplusOf(Vector<Scalar> u) {
  const Vector<Scalar> e = expOf<Scalar>(choose(u < Scalar(0), u, -u));
  const Vector<Scalar> plus = e + Scalar(1), rest = plus - Scalar(1);
  const Vector<Scalar> log = choose(rest == Scalar(0), e, logOf<Scalar>(plus) * e / choose(rest == Scalar(0), plus, rest));
  return log + choose(u > Scalar(0), u, Vector<Scalar>(0));
}

/// The derivative of `softplusOf`: 1 / (1 + exp(-u)).
template <class Scalar> CK_INLINE Vector<Scalar> logisticOf(Vector<Scalar> u) {
  const Vector<Scalar> e = expOf<Scalar>(choose(u < Scalar(0), u, -u));
  return choose(u < Scalar(0), e, Vector<Scalar>(Scalar(1))) / (e + Scalar(1));
}

/// The pieces in which a vector of numbers lies.
template <class Scalar> struct PanelPieces {
  Mask<Scalar> bin;
  Vector<Scalar> factor[2];       // 1 / the sum of exponentials, of widths and of heights
  Vector<Scalar> before[2], own[2]; // sums of exponentials left of the piece, and the piece's own
  Vector<Scalar> x0, y0, width, height;
  Vector<Scalar> lower, upper; // what the parameters say about the slopes at both ends
  Vector<Scalar> left, right;  // slopes at the ends
};

/// Finds the pieces of `value`, among positions (side 0) or values (side 1).
template <class Scalar, bool isShared>
CK_INLINE void findPieces(const PanelSplineForm<Scalar> &form, const PanelParameters<Scalar, isShared> &parameters,
                          Vector<Scalar> value, bool side, PanelPieces<Scalar> &piece) {
  typedef PanelParameters<Scalar, isShared> Parameters;
  const ptrdiff_t bins = form.bins;
  Vector<Scalar> factor[2], running[2], start[2];
  CK_UNROLL for (int which = 0; which < 2; ++which) {
    Vector<Scalar> sum = Parameters::at(parameters, which * bins);
    for (ptrdiff_t i = 1; i < bins; ++i) sum += Parameters::at(parameters, which * bins + i);
    piece.factor[which] = Scalar(1) / sum;
    factor[which] = piece.factor[which] * form.scale;
    running[which] = piece.before[which] = Vector<Scalar>(0);
    piece.own[which] = Parameters::at(parameters, which * bins);
    start[which] = -form.bound;
  }
  piece.bin = Mask<Scalar>{};
  piece.lower = Vector<Scalar>(0);
  piece.upper = bins > 1 ? Parameters::at(parameters, 2 * bins) : Vector<Scalar>(0);
  for (ptrdiff_t i = 1; i < bins; ++i) {
    Vector<Scalar> knot[2];
    CK_UNROLL for (int which = 0; which < 2; ++which) {
      running[which] += Parameters::at(parameters, which * bins + i - 1);
      knot[which] = fma(factor[which], running[which], Vector<Scalar>(-form.bound + form.step * Scalar(i)));
    }
    const Mask<Scalar> isRight = value >= (side ? knot[1] : knot[0]);
    CK_UNROLL for (int which = 0; which < 2; ++which) {
      start[which] = choose(isRight, knot[which], start[which]);
      piece.before[which] = choose(isRight, running[which], piece.before[which]);
      piece.own[which] = choose(isRight, Parameters::at(parameters, which * bins + i), piece.own[which]);
    }
    piece.bin -= isRight;
    piece.lower = choose(isRight, Parameters::at(parameters, 2 * bins + i - 1), piece.lower);
    piece.upper =
        choose(isRight, Parameters::at(parameters, 2 * bins + std::min(i, bins - 2)), piece.upper);
  }
  piece.x0 = start[0];
  piece.y0 = start[1];
  piece.width = fma(factor[0], piece.own[0], Vector<Scalar>(form.step));
  piece.height = fma(factor[1], piece.own[1], Vector<Scalar>(form.step));
  piece.left = isShared ? piece.lower : softplusOf<Scalar>(piece.lower + form.shift) + form.minimumSlope;
  piece.right = isShared ? piece.upper : softplusOf<Scalar>(piece.upper + form.shift) + form.minimumSlope;
  // The slope at the edges of the box is 1.
  const Vector<Scalar> one = Scalar(1);
  piece.left = choose(piece.bin == Mask<Scalar>{}, one, piece.left);
  piece.right = choose(piece.bin == Mask<Scalar>{} + (bins - 1), one, piece.right);
}

/// Positions in the pieces, and 1 minus them.
template <class Scalar>
CK_INLINE void placeIn(const PanelPieces<Scalar> &piece, Vector<Scalar> value, Vector<Scalar> a, Vector<Scalar> b,
                       bool isInverse, Vector<Scalar> &t, Vector<Scalar> &rest) {
  const Vector<Scalar> zero = Scalar(0), one = Scalar(1);
  const Vector<Scalar> share = (value - (isInverse ? piece.y0 : piece.x0)) / (isInverse ? piece.height : piece.width);
  // Rounding may leave the piece.
  t = minimum<Vector<Scalar>>(maximum<Vector<Scalar>>(share, zero), one);
  rest = one - t;
  if (!isInverse) return;
  // The root of equations 6-8, as in `Piece.inverse`.
  const Vector<Scalar> e = t, d = a * rest - b * e;
  const Vector<Scalar> m = __builtin_elementwise_sqrt(d * d + Scalar(4) * e * rest) + choose(d < zero, -d, d);
  const Vector<Scalar> first = choose(d < zero, m, Scalar(2) * e), second = choose(d < zero, Scalar(2) * rest, m);
  const Vector<Scalar> total = Scalar(1) / (first + second);
  t = first * total;
  rest = second * total;
}

template <class Scalar> CK_INLINE Vector<Scalar> inBox(const PanelSplineForm<Scalar> &form, Vector<Scalar> x) {
  return minimum<Vector<Scalar>>(maximum<Vector<Scalar>>(x, Vector<Scalar>(-form.bound)), Vector<Scalar>(form.bound));
}

/// The values of splines for a panel's line, in place, and the logarithms of their slopes, which are added.
template <class Scalar, bool isShared>
static void splineLine(const PanelSplineForm<Scalar> &form, const Scalar *parameters, bool isInverse, Scalar *values,
                       Scalar *logSlopes) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  for (ptrdiff_t row = 0; row < ck::panelRows; row += width) {
    const Vector<Scalar> given = load<Scalar>(values + row), value = inBox<Scalar>(form, given);
    PanelPieces<Scalar> piece;
    findPieces<Scalar, isShared>(form, {isShared ? parameters : parameters + row}, value, isInverse, piece);
    const Vector<Scalar> slope = piece.height / piece.width;
    const Vector<Scalar> a = piece.left / slope, b = piece.right / slope;
    Vector<Scalar> t, rest;
    placeIn<Scalar>(piece, value, a, b, isInverse, t, rest);
    const Vector<Scalar> u = t + a * rest, v = rest + b * t;
    const Vector<Scalar> p = t * u, w = p + rest * v;
    const Vector<Scalar> log = logOf<Scalar>((t * v + rest * u) * slope / (w * w));
    const Vector<Scalar> result =
        isInverse ? fma(piece.width, t, piece.x0) : fma(piece.height, p / w, piece.y0);
    // False for NaN too, which passes through as it does outside the box.
    const Mask<Scalar> isInside = value == given;
    store<Scalar>(values + row, choose(isInside, result, given));
    const Vector<Scalar> change = choose(isInside, isInverse ? -log : log, Vector<Scalar>(0));
    store<Scalar>(logSlopes + row, load<Scalar>(logSlopes + row) + change);
  }
}

/// Gradients of what a piece depends on: the running sums of shares at its ends and the slopes there.
template <class Scalar> struct PieceGradients {
  Vector<Scalar> x, leftSum[2], rightSum[2], left, right;
};

/// For gradients of value and logarithm of the slope, as `pieceGradients` in spline_body.hpp.
template <class Scalar>
CK_INLINE void differentiate(const PanelSplineForm<Scalar> &form, const PanelPieces<Scalar> &piece,
                             Vector<Scalar> given, bool isInverse, Vector<Scalar> byValue, Vector<Scalar> byLog,
                             PieceGradients<Scalar> &out) {
  const Vector<Scalar> s = piece.height / piece.width, a = piece.left / s, b = piece.right / s;
  Vector<Scalar> t, rest;
  placeIn<Scalar>(piece, given, a, b, isInverse, t, rest);
  const Vector<Scalar> tr = t * rest, p = t * (t + a * rest), q = rest * (rest + b * t), w = p + q, w2 = w * w;
  const Vector<Scalar> n = b * t * t + Scalar(2) * tr + a * rest * rest; // the slope is s n / w^2
  const Vector<Scalar> dw = (a + b - Scalar(2)) * (rest - t);
  const Vector<Scalar> dn = Scalar(2) * (b * t + rest - t - a * rest);
  const Vector<Scalar> logByT = dn / n - Scalar(2) * dw / w;
  if (isInverse) {
    // With x(z, parameters) from z = f(x, parameters): dx = (dz - df) / slope, and the log is that of 1 / slope(x).
    const Vector<Scalar> total = byValue - byLog * logByT / piece.width;
    byValue = -total * w2 / (s * n);
    byLog = -byLog;
  }
  const Vector<Scalar> byT = byValue * piece.height * n / w2 + byLog * logByT;
  const Vector<Scalar> byA = byValue * piece.height * tr * q / w2 + byLog * (rest * rest / n - Scalar(2) * tr / w);
  const Vector<Scalar> byB = -byValue * piece.height * tr * p / w2 + byLog * (t * t / n - Scalar(2) * tr / w);
  const Vector<Scalar> byS = (byLog - byA * a - byB * b) / s;
  const Vector<Scalar> byHeight = byValue * p / w + byS / piece.width;
  const Vector<Scalar> byWidth = -(byT * t + byS * s) / piece.width;
  const Vector<Scalar> byX0 = -byT / piece.width;
  const Vector<Scalar> ends[2][2] = {{byX0 - byWidth, byWidth}, {byValue - byHeight, byHeight}};
  // The edges of the box do not move.
  const Vector<Scalar> zero = Scalar(0);
  const Mask<Scalar> isFirst = piece.bin == Mask<Scalar>{}, isLast = piece.bin == Mask<Scalar>{} + (form.bins - 1);
  CK_UNROLL for (int which = 0; which < 2; ++which) {
    out.leftSum[which] = choose(isFirst, zero, ends[which][0] * form.scale);
    out.rightSum[which] = choose(isLast, zero, ends[which][1] * form.scale);
  }
  out.left = byA / s;
  out.right = byB / s;
  out.x = isInverse ? -byValue : byT / piece.width;
}

/// Gradients of a panel's line: `gradients` holds those of the values and gets those of the arguments.
///
/// Splines of their own get the gradients of their parameters as lines. For shared splines `sums`, vectors, collects those
/// of the shares and slopes themselves; `finishSharedGradients` makes them gradients of the parameters.
template <class Scalar, bool isShared>
static void splineGradientLine(const PanelSplineForm<Scalar> &form, const Scalar *parameters, bool isInverse,
                               const Scalar *values, Scalar *gradients, const Scalar *logGradients,
                               Scalar *parameterGradients) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  typedef PanelParameters<Scalar, isShared> Parameters;
  const ptrdiff_t bins = form.bins;
  const Vector<Scalar> zero = Scalar(0);
  for (ptrdiff_t row = 0; row < ck::panelRows; row += width) {
    const Vector<Scalar> given = load<Scalar>(values + row), value = inBox<Scalar>(form, given);
    const Mask<Scalar> isInside = value == given;
    const Vector<Scalar> outer = load<Scalar>(gradients + row);
    const Parameters lines{isShared ? parameters : parameters + row};
    PanelPieces<Scalar> piece;
    findPieces<Scalar, isShared>(form, lines, value, isInverse, piece);
    PieceGradients<Scalar> by;
    differentiate<Scalar>(form, piece, value, isInverse, choose(isInside, outer, zero),
                          choose(isInside, load<Scalar>(logGradients + row), zero), by);
    store<Scalar>(gradients + row, choose(isInside, by.x, outer));
    const ptrdiff_t lineSize = isShared ? width : ck::panelRows;
    Scalar *out = isShared ? parameterGradients : parameterGradients + row;
    CK_UNROLL for (int which = 0; which < 2; ++which) {
      const Vector<Scalar> both = by.leftSum[which] + by.rightSum[which];
      const Vector<Scalar> factor = piece.factor[which];
      const Vector<Scalar> mean = (piece.before[which] * both + piece.own[which] * by.rightSum[which]) * factor;
      for (ptrdiff_t i = 0; i < bins; ++i, out += lineSize) {
        const Mask<Scalar> place = Mask<Scalar>{} + i;
        const Vector<Scalar> share = choose(place < piece.bin, both, choose(place == piece.bin, by.rightSum[which], zero));
        store<Scalar>(out, isShared ? load<Scalar>(out) + share
                                    : Parameters::at(lines, which * bins + i) * factor * (share - mean));
      }
    }
    const Vector<Scalar> left = isShared ? by.left : by.left * logisticOf<Scalar>(piece.lower + form.shift);
    const Vector<Scalar> right = isShared ? by.right : by.right * logisticOf<Scalar>(piece.upper + form.shift);
    for (ptrdiff_t i = 0; i + 1 < bins; ++i, out += lineSize) {
      const Mask<Scalar> place = Mask<Scalar>{} + i;
      const Vector<Scalar> own = choose(place + 1 == piece.bin, left, choose(place == piece.bin, right, zero));
      store<Scalar>(out, isShared ? load<Scalar>(out) + own : own);
    }
  }
}

/// Makes widths and heights of splines of their own, [bins] lines each, exponentials of what they are above the largest.
template <class Scalar> static void exponentiateLines(ptrdiff_t bins, Scalar *lines) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  CK_UNROLL for (int which = 0; which < 2; ++which, lines += bins * ck::panelRows) {
    for (ptrdiff_t row = 0; row < ck::panelRows; row += width) {
      Vector<Scalar> largest = load<Scalar>(lines + row);
      for (ptrdiff_t i = 1; i < bins; ++i) largest = maximum<Vector<Scalar>>(largest, load<Scalar>(lines + i * ck::panelRows + row));
      for (ptrdiff_t i = 0; i < bins; ++i) {
        Scalar *place = lines + i * ck::panelRows + row;
        store<Scalar>(place, expOf<Scalar>(load<Scalar>(place) - largest));
      }
    }
  }
}

/// A function of any `count` numbers.
template <class Scalar, class Map>
CK_INLINE void mapPart(const Scalar *from, ptrdiff_t count, Scalar *to, const Map &map) {
  for (ptrdiff_t i = 0; i < count; i += widthOf<Scalar>) {
    const ptrdiff_t part = std::min(widthOf<Scalar>, count - i);
    storePart<Scalar>(to + i, part, map(loadPart<Scalar>(from + i, part, Scalar(0))));
  }
}

/// The parameters of a spline that all rows share, ready: exponentials and slopes.
template <class Scalar>
static void prepareShared(const PanelSplineForm<Scalar> &form, const Scalar *parameters, Scalar *ready) {
  CK_UNROLL for (int which = 0; which < 2; ++which) {
    const Scalar *own = parameters + which * form.bins;
    const Scalar largest = *std::max_element(own, own + form.bins);
    mapPart<Scalar>(own, form.bins, ready + which * form.bins,
                    [&](Vector<Scalar> x) { return expOf<Scalar>(x - largest); });
  }
  mapPart<Scalar>(parameters + 2 * form.bins, form.bins - 1, ready + 2 * form.bins, [&](Vector<Scalar> x) {
    return softplusOf<Scalar>(x + form.shift) + form.minimumSlope;
  });
}

/// Adds to `out` the gradients of a shared spline's parameters, from sums over rows of those of its shares and slopes.
template <class Scalar>
static void finishSharedGradients(const PanelSplineForm<Scalar> &form, const Scalar *parameters, const Scalar *ready,
                                  const Scalar *sums, Scalar *out) {
  CK_UNROLL for (int which = 0; which < 2; ++which) {
    const ptrdiff_t first = which * form.bins;
    Scalar total = 0, mean = 0;
    for (ptrdiff_t i = first; i < first + form.bins; ++i) total += ready[i];
    for (ptrdiff_t i = first; i < first + form.bins; ++i) mean += ready[i] / total * sums[i];
    for (ptrdiff_t i = first; i < first + form.bins; ++i) out[i] += ready[i] / total * (sums[i] - mean);
  }
  for (ptrdiff_t i = 2 * form.bins; i < form.size(); i += widthOf<Scalar>) {
    const ptrdiff_t part = std::min(widthOf<Scalar>, form.size() - i);
    const auto read = [&](const Scalar *array) { return loadPart<Scalar>(array + i, part, Scalar(0)); };
    storePart<Scalar>(out + i, part, read(out) + read(sums) * logisticOf<Scalar>(read(parameters) + form.shift));
  }
}
