// Rational-quadratic splines, one number at a time; see dispatch.hpp for how this file is read.
//
// The reference is RationalQuadraticSpline.swift (`Knots` and `Piece`), whose names are used here: t is the position in
// the piece, rest is 1 - t, a and b are the slopes at the ends over the chord's slope s, and the value in the piece is
// p / w with p = t (t + a rest), w = p + rest (rest + b t).

/// exp(x - largest) of `count` numbers into `out`, which has room for a whole vector behind; returns their sum.
template <class Scalar> CK_INLINE Scalar shiftedExponentials(const Scalar *x, ptrdiff_t count, Scalar *out) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  Scalar largest = x[0];
  for (ptrdiff_t i = 1; i < count; ++i) largest = x[i] > largest ? x[i] : largest;
  for (ptrdiff_t i = 0; i < count; i += width) {
    const Vector<Scalar> part = count - i >= width ? load<Scalar>(x + i) : loadPart<Scalar>(x + i, count - i, largest);
    store<Scalar>(out + i, expOf<Scalar>(part - largest));
  }
  Scalar sum = 0;
  for (ptrdiff_t i = 0; i < count; ++i) sum += out[i];
  return sum;
}

template <class Scalar> CK_INLINE Scalar expOne(Scalar x) { return expOf<Scalar>(Vector<Scalar>(x))[0]; }
template <class Scalar> CK_INLINE Scalar logOne(Scalar x) { return logOf<Scalar>(Vector<Scalar>(x))[0]; }

/// The piece of a spline in which a number lies, and what its gradient needs.
template <class Scalar> struct SplinePiece {
  static constexpr ptrdiff_t room = CK_SPLINE_MAXIMUM_BINS + 16;
  Scalar shares[2][room]; // exponentials of widths and heights, then their shares
  Scalar sums[2][2];      // running sums of shares at the left and right end
  ptrdiff_t bin;
  Scalar x0, y0, width, height, slope, left, right; // slope: that of the chord; left, right: at the ends
};

template <class Scalar> struct SplineForm {
  ptrdiff_t bins;
  Scalar bound, step, scale, minimumSlope, shift; // knot j is at -bound + step j + scale (sum of j shares)
};

template <class Scalar> static SplineForm<Scalar> splineForm(const CKSpline &spline) {
  const double box = 2 * spline.bound;
  return {spline.bins,
          Scalar(spline.bound),
          Scalar(box * spline.minimum_bin_size),
          Scalar(box * (1 - spline.bins * spline.minimum_bin_size)),
          Scalar(spline.minimum_slope),
          Scalar(std::log(std::expm1(1 - spline.minimum_slope)))};
}

template <class Scalar> CK_INLINE Scalar knotAt(const SplineForm<Scalar> &form, ptrdiff_t index, Scalar sum) {
  if (index == 0) return -form.bound;
  if (index == form.bins) return form.bound;
  return -form.bound + form.step * Scalar(index) + form.scale * sum;
}

/// The slope at a knot: softplus of its parameter above the least one, and 1 at the edges of the box.
template <class Scalar>
CK_INLINE Scalar slopeAt(const SplineForm<Scalar> &form, ptrdiff_t index, const Scalar *slopes) {
  if (index == 0 || index == form.bins) return 1;
  const Scalar u = slopes[index - 1] + form.shift;
  // log(1 + e) for small e without cancellation, where the plain form loses what matters to a small slope.
  const Scalar e = expOne<Scalar>(u < 0 ? u : -u);
  const Scalar plus = Scalar(1) + e;
  const Scalar logPlus = plus == 1 ? e : logOne<Scalar>(plus) * e / (plus - 1);
  return form.minimumSlope + (u > 0 ? u : 0) + logPlus;
}

/// Finds the piece of `value`, among positions (side 0) or heights (side 1).
template <class Scalar>
CK_INLINE void findPiece(const SplineForm<Scalar> &form, const Scalar *parameters, Scalar value, int side,
                         SplinePiece<Scalar> &piece) {
  const ptrdiff_t bins = form.bins;
  for (int which = 0; which < 2; ++which) {
    const Scalar sum = shiftedExponentials<Scalar>(parameters + which * bins, bins, piece.shares[which]);
    const Scalar factor = Scalar(1) / sum;
    for (ptrdiff_t i = 0; i < bins; ++i) piece.shares[which][i] *= factor;
  }
  Scalar running[2] = {0, 0}, before[2] = {0, 0};
  ptrdiff_t bin = 0;
  for (; bin < bins; ++bin) {
    for (int which = 0; which < 2; ++which) {
      before[which] = running[which];
      running[which] += piece.shares[which][bin];
    }
    if (bin + 1 == bins || value < knotAt<Scalar>(form, bin + 1, running[side])) break;
  }
  piece.bin = bin;
  for (int which = 0; which < 2; ++which) {
    piece.sums[which][0] = before[which];
    piece.sums[which][1] = running[which];
  }
  piece.x0 = knotAt<Scalar>(form, bin, before[0]);
  piece.y0 = knotAt<Scalar>(form, bin, before[1]);
  piece.width = knotAt<Scalar>(form, bin + 1, running[0]) - piece.x0;
  piece.height = knotAt<Scalar>(form, bin + 1, running[1]) - piece.y0;
  piece.slope = piece.height / piece.width;
  piece.left = slopeAt<Scalar>(form, bin, parameters + 2 * bins);
  piece.right = slopeAt<Scalar>(form, bin + 1, parameters + 2 * bins);
}

/// The position in the piece of a value, and 1 minus it: the root of equations 6-8, as in `Piece.inverse`.
template <class Scalar>
CK_INLINE void positionOf(Scalar value, Scalar a, Scalar b, Scalar &t, Scalar &rest) {
  const Scalar other = Scalar(1) - value;
  const Scalar d = a * other - b * value;
  const Scalar root = std::sqrt(d * d + Scalar(4) * value * other);
  const Scalar m = root + (d >= 0 ? d : -d);
  const Scalar first = d >= 0 ? Scalar(2) * value : m;
  const Scalar second = d >= 0 ? m : Scalar(2) * other;
  t = first / (first + second);
  rest = second / (first + second);
}

template <class Scalar> static void splineRows(const CKSpline &spline, const Scalar *x, const Scalar *kept,
                                               const Scalar *moved, Scalar *z, Scalar *logSlope, ptrdiff_t from,
                                               ptrdiff_t to) {
  const SplineForm<Scalar> form = splineForm<Scalar>(spline);
  const ptrdiff_t size = 3 * form.bins - 1;
  SplinePiece<Scalar> piece;
  for (ptrdiff_t row = from; row < to; ++row) {
    for (ptrdiff_t feature = 0; feature < spline.features; ++feature) {
      const ptrdiff_t place = row * spline.features + feature;
      const Scalar value = x[place];
      // Also false for NaN, which passes through as it does outside the box.
      if (!(value >= -form.bound && value <= form.bound)) {
        z[place] = value;
        logSlope[place] = 0;
        continue;
      }
      const Scalar *parameters = feature < spline.kept
                                     ? kept + feature * size
                                     : moved + (row * (spline.features - spline.kept) + feature - spline.kept) * size;
      findPiece<Scalar>(form, parameters, value, spline.is_inverse, piece);
      const Scalar a = piece.left / piece.slope, b = piece.right / piece.slope;
      Scalar t, rest;
      if (spline.is_inverse) {
        positionOf<Scalar>((value - piece.y0) / piece.height, a, b, t, rest);
      } else {
        t = (value - piece.x0) / piece.width;
        rest = Scalar(1) - t;
      }
      const Scalar u = t + a * rest, v = rest + b * t;
      const Scalar p = t * u, w = p + rest * v;
      const Scalar log = logOne<Scalar>((t * v + rest * u) * piece.slope / (w * w));
      z[place] = spline.is_inverse ? piece.x0 + piece.width * t : piece.y0 + piece.height * (p / w);
      logSlope[place] = spline.is_inverse ? -log : log;
    }
  }
}

/// Adds to the gradients of a spline's parameters, and returns that of its argument, for gradients of value and of the
/// logarithm of the slope, at the position t in the piece.
template <class Scalar>
CK_INLINE Scalar pieceGradients(const SplineForm<Scalar> &form, const SplinePiece<Scalar> &piece,
                                const Scalar *parameters, Scalar t, Scalar valueGradient, Scalar logGradient,
                                bool isInverse, Scalar *gradients) {
  const Scalar s = piece.slope, rest = Scalar(1) - t;
  const Scalar a = piece.left / s, b = piece.right / s;
  const Scalar tr = t * rest, p = t * (t + a * rest), q = rest * (rest + b * t), w = p + q, w2 = w * w;
  const Scalar n = b * t * t + Scalar(2) * tr + a * rest * rest; // the slope is s n / w^2
  const Scalar dw = (a + b - Scalar(2)) * (Scalar(1) - Scalar(2) * t);
  const Scalar dn = Scalar(2) * (b * t + Scalar(1) - Scalar(2) * t - a * rest);
  const Scalar logByT = dn / n - Scalar(2) * dw / w;
  if (isInverse) {
    // With x(z, parameters) from z = f(x, parameters): dx = (dz - df) / slope, and the log is that of 1 / slope(x).
    const Scalar total = valueGradient - logGradient * logByT / piece.width;
    valueGradient = -total / (s * n / w2);
    logGradient = -logGradient;
  }
  const Scalar byT = valueGradient * piece.height * n / w2 + logGradient * logByT;
  if (gradients) {
    const Scalar byA = valueGradient * piece.height * tr * q / w2 + logGradient * (rest * rest / n - Scalar(2) * tr / w);
    const Scalar byB = -valueGradient * piece.height * tr * p / w2 + logGradient * (t * t / n - Scalar(2) * tr / w);
    const Scalar byS = (logGradient - byA * a - byB * b) / s;
    const Scalar byHeight = valueGradient * p / w + byS / piece.width;
    const Scalar byWidth = -(byT * t + byS * s) / piece.width;
    const Scalar byX0 = -byT / piece.width;
    const ptrdiff_t bins = form.bins, bin = piece.bin;
    // Gradients of the knots at both ends, then of the running sums; the edges of the box do not move.
    const Scalar ends[2][2] = {{byX0 - byWidth, byWidth}, {valueGradient - byHeight, byHeight}};
    for (int which = 0; which < 2; ++which) {
      const Scalar leftSum = bin == 0 ? 0 : form.scale * ends[which][0];
      const Scalar rightSum = bin + 1 == bins ? 0 : form.scale * ends[which][1];
      const Scalar mean = piece.sums[which][0] * leftSum + piece.sums[which][1] * rightSum;
      Scalar *out = gradients + which * bins;
      for (ptrdiff_t i = 0; i < bins; ++i) {
        const Scalar share = (i < bin ? leftSum : Scalar(0)) + (i <= bin ? rightSum : Scalar(0));
        out[i] += piece.shares[which][i] * (share - mean);
      }
    }
    const Scalar bySlope[2] = {byA / s, byB / s};
    for (ptrdiff_t end = 0; end < 2; ++end) {
      const ptrdiff_t knot = bin + end;
      if (knot == 0 || knot == bins) continue;
      const Scalar u = parameters[2 * bins + knot - 1] + form.shift;
      const Scalar e = expOne<Scalar>(u < 0 ? u : -u);
      gradients[2 * bins + knot - 1] += bySlope[end] * (u < 0 ? e : Scalar(1)) / (Scalar(1) + e);
    }
  }
  return isInverse ? -valueGradient : byT / piece.width;
}

/// The backward of rows; gradients of the kept splines are added to `keptGradients`, which the caller clears.
template <class Scalar>
static void splineBackwardRows(const CKSpline &spline, const Scalar *const *saved, const Scalar *const *outputGradients,
                               Scalar *xGradients, Scalar *keptGradients, Scalar *movedGradients, ptrdiff_t from,
                               ptrdiff_t to) {
  const SplineForm<Scalar> form = splineForm<Scalar>(spline);
  const ptrdiff_t size = 3 * form.bins - 1, movedCount = spline.features - spline.kept;
  const Scalar *x = saved[0], *z = saved[3];
  SplinePiece<Scalar> piece;
  if (movedGradients) std::fill(movedGradients + from * movedCount * size, movedGradients + to * movedCount * size, Scalar(0));
  for (ptrdiff_t row = from; row < to; ++row) {
    for (ptrdiff_t feature = 0; feature < spline.features; ++feature) {
      const ptrdiff_t place = row * spline.features + feature;
      const Scalar valueGradient = outputGradients[0] ? outputGradients[0][place] : Scalar(0);
      const Scalar logGradient = outputGradients[1] ? outputGradients[1][place] : Scalar(0);
      if (!(x[place] >= -form.bound && x[place] <= form.bound)) {
        if (xGradients) xGradients[place] = valueGradient;
        continue;
      }
      const bool isKept = feature < spline.kept;
      const ptrdiff_t offset = isKept ? feature * size : (row * movedCount + feature - spline.kept) * size;
      const Scalar *parameters = (isKept ? saved[1] : saved[2]) + offset;
      Scalar *gradients = isKept ? keptGradients : movedGradients;
      findPiece<Scalar>(form, parameters, x[place], spline.is_inverse, piece);
      Scalar t = ((spline.is_inverse ? z[place] : x[place]) - piece.x0) / piece.width;
      if (spline.is_inverse) {
        Scalar rest;
        positionOf<Scalar>((x[place] - piece.y0) / piece.height, piece.left / piece.slope, piece.right / piece.slope, t,
                           rest);
      }
      const Scalar result =
          pieceGradients<Scalar>(form, piece, parameters, t, valueGradient, logGradient, spline.is_inverse,
                                 gradients ? gradients + offset : nullptr);
      if (xGradients) xGradients[place] = result;
    }
  }
}
