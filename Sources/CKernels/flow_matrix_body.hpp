// Products of matrices for flows; see dispatch.hpp for how this file is read.
#include "transpose_body.hpp"

/// Sums over `segments` times `depth` of a line of A times a line of B, into lines of C; the same for some panels.
///
/// A's element (i, p) lies at a[i * aLine + p * aDepth], B's line p at b + p * bDepth. Whatever the shapes, one block of
/// C stays in registers while a broadcast element of A meets whole vectors of B.
template <class Scalar> struct FlowProduct {
  const Scalar *a;
  ptrdiff_t aLine, aDepth;
  const Scalar *b;
  ptrdiff_t bDepth;
  Scalar *c;
  ptrdiff_t cLine;
  ptrdiff_t depth;
  ptrdiff_t lines, columns; // of C; columns are whole vectors
  ptrdiff_t panels = 1, bPanel = 0, cPanel = 0;
  ptrdiff_t segments = 1, aSegment = 0, bSegment = 0;
  const Scalar *bias = nullptr; // what each line of C starts from
  bool adds = false;            // starts from what is in C
  bool isRectified = false;     // stores what is above 0
  // Line i of A is 0 before starts[i], or from ends[i] on, whatever is in memory. Both rise.
  const int64_t *starts = nullptr, *ends = nullptr;
  const int64_t *columnEnds = nullptr; // nobody asks for line i of C from here on; they rise

  bool sees(ptrdiff_t line, ptrdiff_t p) const { return starts ? p >= starts[line] : p < ends[line]; }
};

/// As many sums as registers hold: 6 lines of 4 vectors with 32 registers, of 2 vectors with 16.
#if CK_VECTOR_BYTES == 64 || !defined(__x86_64__)
constexpr int flowBlockVectors = 4;
#else
constexpr int flowBlockVectors = 2;
#endif
constexpr int flowBlockLines = 6;

/// Adds the terms of some depths to a block's sums; `isPartial` ones are not seen by all lines.
template <class Scalar, bool isPartial, int lines, int vectors>
CK_INLINE void addTerms(const FlowProduct<Scalar> &product, ptrdiff_t line, const Scalar *a, const Scalar *b,
                        ptrdiff_t from, ptrdiff_t end, Vector<Scalar> (&sums)[lines][vectors]) {
  const ptrdiff_t aLine = product.aLine, aDepth = product.aDepth, bDepth = product.bDepth;
  a += from * aDepth;
  b += from * bDepth;
  for (ptrdiff_t p = from; p < end; ++p, a += aDepth, b += bDepth) {
    Vector<Scalar> right[vectors];
    CK_UNROLL for (int v = 0; v < vectors; ++v) right[v] = load<Scalar>(b + v * widthOf<Scalar>);
    CK_UNROLL for (int i = 0; i < lines; ++i) {
      const Vector<Scalar> left = isPartial && !product.sees(line + i, p) ? Scalar(0) : a[i * aLine];
      CK_UNROLL for (int v = 0; v < vectors; ++v) sums[i][v] = fma(left, right[v], sums[i][v]);
    }
  }
}

template <class Scalar, int lines, int vectors>
static void flowBlock(const FlowProduct<Scalar> &product, ptrdiff_t line, ptrdiff_t column, ptrdiff_t panel) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  Vector<Scalar> sums[lines][vectors];
  Scalar *c = product.c + panel * product.cPanel + line * product.cLine + column;
  CK_UNROLL for (int i = 0; i < lines; ++i)
    CK_UNROLL for (int v = 0; v < vectors; ++v)
      sums[i][v] = product.adds   ? load<Scalar>(c + i * product.cLine + v * width)
                   : product.bias ? Vector<Scalar>(product.bias[line + i])
                                  : Vector<Scalar>(Scalar(0));
  const ptrdiff_t last = line + lines - 1;
  const ptrdiff_t start = product.starts ? product.starts[line] : 0, end = product.ends ? product.ends[last] : product.depth;
  const ptrdiff_t wholeStart = product.starts ? product.starts[last] : 0;
  const ptrdiff_t wholeEnd = product.ends ? product.ends[line] : product.depth;
  for (ptrdiff_t segment = 0; segment < product.segments; ++segment) {
    const Scalar *a = product.a + segment * product.aSegment + line * product.aLine;
    const Scalar *b = product.b + segment * product.bSegment + panel * product.bPanel + column;
    addTerms<Scalar, true>(product, line, a, b, start, wholeStart, sums);
    addTerms<Scalar, false>(product, line, a, b, wholeStart, wholeEnd, sums);
    addTerms<Scalar, true>(product, line, a, b, wholeEnd, end, sums);
  }
  CK_UNROLL for (int i = 0; i < lines; ++i)
    CK_UNROLL for (int v = 0; v < vectors; ++v) {
      const Vector<Scalar> sum = sums[i][v];
      // NaN stays NaN.
      store<Scalar>(c + i * product.cLine + v * width,
                    product.isRectified ? choose(sum < Scalar(0), Vector<Scalar>(Scalar(0)), sum) : sum);
    }
}

template <class Scalar, int lines>
static void flowStrip(const FlowProduct<Scalar> &product, ptrdiff_t line, ptrdiff_t panel) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  const ptrdiff_t seen = product.columnEnds ? product.columnEnds[line + lines - 1] : product.columns;
  const ptrdiff_t columns = std::min(product.columns, (seen + width - 1) / width * width);
  ptrdiff_t column = 0;
  for (; column + flowBlockVectors * width <= columns; column += flowBlockVectors * width)
    flowBlock<Scalar, lines, flowBlockVectors>(product, line, column, panel);
  switch ((columns - column) / width) {
  case 3: return flowBlock<Scalar, lines, flowBlockVectors == 4 ? 3 : 1>(product, line, column, panel);
  case 2: return flowBlock<Scalar, lines, flowBlockVectors == 4 ? 2 : 1>(product, line, column, panel);
  case 1: return flowBlock<Scalar, lines, 1>(product, line, column, panel);
  default: return;
  }
}

template <class Scalar> static void multiply(const FlowProduct<Scalar> &product) {
  for (ptrdiff_t line = 0; line < product.lines; line += flowBlockLines) {
    // All panels meet the same lines of A while these are near.
    for (ptrdiff_t panel = 0; panel < product.panels; ++panel) {
      switch (product.lines - line) {
      case 1: flowStrip<Scalar, 1>(product, line, panel); break;
      case 2: flowStrip<Scalar, 2>(product, line, panel); break;
      case 3: flowStrip<Scalar, 3>(product, line, panel); break;
      case 4: flowStrip<Scalar, 4>(product, line, panel); break;
      case 5: flowStrip<Scalar, 5>(product, line, panel); break;
      default: flowStrip<Scalar, flowBlockLines>(product, line, panel);
      }
    }
  }
}

/// A panel's `count` lines as rows of `stride` elements, zeros behind.
template <class Scalar>
static void transposePanel(const Scalar *panel, ptrdiff_t count, Scalar *rows, ptrdiff_t stride) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  for (ptrdiff_t first = 0; first < stride; first += width) {
    for (ptrdiff_t row = 0; row < ck::panelRows; row += width) {
      Vector<Scalar> lines[width];
      CK_UNROLL for (ptrdiff_t i = 0; i < width; ++i)
        lines[i] = first + i < count ? load<Scalar>(panel + (first + i) * ck::panelRows + row) : Vector<Scalar>(0);
      transposeBlock<Scalar>(lines);
      CK_UNROLL for (ptrdiff_t i = 0; i < width; ++i) store<Scalar>(rows + (row + i) * stride + first, lines[i]);
    }
  }
}

/// Adds to each of `count` sums the elements of a vector; `vector(i)` is called for whole blocks, 0 expected behind.
template <class Scalar, class Lines> CK_INLINE void addLaneSums(ptrdiff_t count, Scalar *sums, const Lines &vector) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  for (ptrdiff_t first = 0; first < count; first += width) {
    Vector<Scalar> lines[width];
    CK_UNROLL for (ptrdiff_t i = 0; i < width; ++i) lines[i] = first + i < count ? vector(first + i) : Vector<Scalar>(0);
    transposeBlock<Scalar>(lines);
    Vector<Scalar> sum = lines[0];
    CK_UNROLL for (ptrdiff_t i = 1; i < width; ++i) sum += lines[i];
    store<Scalar>(sums + first, load<Scalar>(sums + first) + sum);
  }
}
