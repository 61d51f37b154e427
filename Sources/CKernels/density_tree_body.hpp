// The best cut of a box along one column; see dispatch.hpp for how this file is read.

/// A cut between row `position` - 1 and row `position` of an ascending column. `score` is relative to the box: above 1
/// (squared error) or above 0 (likelihood) the cut makes the criterion smaller. Position 0: there is no cut.
struct Cut {
  double score, threshold;
  ptrdiff_t position;
};

/// The middle of neighbours a < b: at least a and below b, also where rounding would make it b.
CK_INLINE Vector<double> middleOf(Vector<double> a, Vector<double> b) {
  const Vector<double> middle = a * 0.5 + b * 0.5;
  return choose(middle < b, middle, a);
}

/// What a part with share w of the weight and share v of the width adds to the score.
template <int32_t criterion> CK_INLINE Vector<double> scoreOf(Vector<double> weight, Vector<double> width) {
  if constexpr (criterion == CK_SQUARED_ERROR) return weight * weight / width;
  else return weight * logOf<double>(weight / width);
}

/// Tries every cut from `first` to `last`; `below[i]` is the weight of the rows before row i. Of equal ones the last
/// wins. A part must have more than 1e-100 of the width: volumes stay far from the ends of the range of numbers.
template <int32_t criterion>
static Cut bestCutOf(const double *values, const double *below, double total, ptrdiff_t first, ptrdiff_t last,
                     double lower, double upper) {
  constexpr ptrdiff_t width = widthOf<double>;
  constexpr double none = -std::numeric_limits<double>::infinity();
  const double scale = 1 / (upper - lower), share = 1 / total;
  Vector<double> best = none, bestPosition = 0.0, position, steps;
  for (ptrdiff_t i = 0; i < width; ++i) steps[i] = double(i);
  for (ptrdiff_t i = first; i <= last; i += width) {
    Vector<double> a, b, weight;
    if (last - i + 1 >= width) {
      a = load(values + i - 1), b = load(values + i), weight = load(below + i);
    } else { // Places after the last hold equal neighbours, which are no cut.
      const ptrdiff_t count = last - i + 1;
      a = loadPart(values + i - 1, count, 0.0), b = loadPart(values + i, count, 0.0);
      weight = loadPart(below + i, count, total * 0.5);
    }
    const Vector<double> middle = middleOf(a, b);
    const Vector<double> lowerWidth = (middle - lower) * scale, upperWidth = (upper - middle) * scale;
    const Vector<double> lowerShare = weight * share, upperShare = (total - weight) * share;
    const Vector<double> score = scoreOf<criterion>(lowerShare, lowerWidth) + scoreOf<criterion>(upperShare, upperWidth);
    position = steps + double(i);
    const Mask<double> better = (a < b) & (lowerWidth > 1e-100) & (upperWidth > 1e-100) & (score >= best);
    best = choose(better, score, best);
    bestPosition = choose(better, position, bestPosition);
  }
  Cut cut{none, 0, 0};
  for (ptrdiff_t i = 0; i < width; ++i) {
    const bool better = best[i] > cut.score || (best[i] == cut.score && bestPosition[i] > double(cut.position));
    if (better && best[i] > none) cut.score = best[i], cut.position = ptrdiff_t(bestPosition[i]);
  }
  if (cut.position > 0) {
    const double a = values[cut.position - 1], b = values[cut.position], middle = a * 0.5 + b * 0.5;
    cut.threshold = middle < b ? middle : a;
  }
  return cut;
}

static Cut bestCut(int32_t criterion, const double *values, const double *below, double total, ptrdiff_t first,
                   ptrdiff_t last, double lower, double upper) {
  if (criterion == CK_LIKELIHOOD) return bestCutOf<CK_LIKELIHOOD>(values, below, total, first, last, lower, upper);
  return bestCutOf<CK_SQUARED_ERROR>(values, below, total, first, last, lower, upper);
}
