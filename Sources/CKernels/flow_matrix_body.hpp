// Products of matrices for coupling flows; see dispatch.hpp for how this file is read.
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
};

/// As many sums as registers hold: 6 lines of 4 vectors with 32 registers, of 2 vectors with 16.
#if CK_VECTOR_BYTES == 64 || !defined(__x86_64__)
constexpr int flowBlockVectors = 4;
#else
constexpr int flowBlockVectors = 2;
#endif
constexpr int flowBlockLines = 6;

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
  const ptrdiff_t aLine = product.aLine, aDepth = product.aDepth, bDepth = product.bDepth;
  for (ptrdiff_t segment = 0; segment < product.segments; ++segment) {
    const Scalar *a = product.a + segment * product.aSegment + line * aLine;
    const Scalar *b = product.b + segment * product.bSegment + panel * product.bPanel + column;
    for (ptrdiff_t p = 0; p < product.depth; ++p, a += aDepth, b += bDepth) {
      Vector<Scalar> right[vectors];
      CK_UNROLL for (int v = 0; v < vectors; ++v) right[v] = load<Scalar>(b + v * width);
      CK_UNROLL for (int i = 0; i < lines; ++i) {
        const Vector<Scalar> left = a[i * aLine];
        CK_UNROLL for (int v = 0; v < vectors; ++v) sums[i][v] = fma(left, right[v], sums[i][v]);
      }
    }
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
  ptrdiff_t column = 0;
  for (; column + flowBlockVectors * width <= product.columns; column += flowBlockVectors * width)
    flowBlock<Scalar, lines, flowBlockVectors>(product, line, column, panel);
  switch ((product.columns - column) / width) {
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
