// Vectors of CK_VECTOR_BYTES bytes and elementary functions of them. Read inside a namespace, once for each instruction
// set; no include guard.
//
// Comparisons give masks, integers of all ones or zeros; `choose` takes from the first where the mask is set. Products
// and sums contract to fused operations only through `fma`.

template <class Scalar> struct VectorOf;
template <> struct VectorOf<float> {
  typedef float vector __attribute__((ext_vector_type(CK_VECTOR_BYTES / 4)));
  typedef int32_t mask __attribute__((ext_vector_type(CK_VECTOR_BYTES / 4)));
  static constexpr ptrdiff_t width = CK_VECTOR_BYTES / 4;
};
template <> struct VectorOf<double> {
  typedef double vector __attribute__((ext_vector_type(CK_VECTOR_BYTES / 8)));
  typedef int64_t mask __attribute__((ext_vector_type(CK_VECTOR_BYTES / 8)));
  static constexpr ptrdiff_t width = CK_VECTOR_BYTES / 8;
};
template <class Scalar> using Vector = typename VectorOf<Scalar>::vector;
template <class Scalar> using Mask = typename VectorOf<Scalar>::mask;
/// The number of elements of a vector.
template <class Scalar> constexpr ptrdiff_t widthOf = VectorOf<Scalar>::width;

#define CK_INLINE static inline __attribute__((always_inline))
// Release builds of packages optimize at the second level, where a loop of constant length may stay a loop, and an array
// of vectors then lies in memory. CK_UNROLL keeps them in registers: without it the kernels take twice as long.
#define CK_UNROLL _Pragma("clang loop unroll(full)")

template <class Scalar> CK_INLINE Vector<Scalar> load(const Scalar *address) {
  Vector<Scalar> result;
  __builtin_memcpy(&result, address, sizeof result);
  return result;
}
template <class Scalar> CK_INLINE void store(Scalar *address, Vector<Scalar> value) {
  __builtin_memcpy(address, &value, sizeof value);
}
/// The first `count` elements, the rest filled.
template <class Scalar> CK_INLINE Vector<Scalar> loadPart(const Scalar *address, ptrdiff_t count, Scalar fill) {
  Vector<Scalar> result = fill;
  __builtin_memcpy(&result, address, count * sizeof(Scalar));
  return result;
}
template <class Scalar> CK_INLINE void storePart(Scalar *address, ptrdiff_t count, Vector<Scalar> value) {
  __builtin_memcpy(address, &value, count * sizeof(Scalar));
}

CK_INLINE Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) {
#if defined(__x86_64__) && CK_VECTOR_BYTES == 16
  return a * b + c; // Without the instruction a fused product is a call for each element.
#else
  return __builtin_elementwise_fma(a, b, c);
#endif
}
CK_INLINE Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) {
#if defined(__x86_64__) && CK_VECTOR_BYTES == 16
  return a * b + c;
#else
  return __builtin_elementwise_fma(a, b, c);
#endif
}

template <class V> CK_INLINE V minimum(V a, V b) { return __builtin_elementwise_min(a, b); }
template <class V> CK_INLINE V maximum(V a, V b) { return __builtin_elementwise_max(a, b); }

CK_INLINE Vector<float> choose(Mask<float> mask, Vector<float> yes, Vector<float> no) { return mask ? yes : no; }
CK_INLINE Vector<double> choose(Mask<double> mask, Vector<double> yes, Vector<double> no) { return mask ? yes : no; }

/// The sum of the elements, in a fixed order.
template <class V> CK_INLINE auto sumOf(V value) {
  auto sum = value[0];
  for (size_t i = 1; i < sizeof(V) / sizeof(value[0]); ++i) sum += value[i];
  return sum;
}
template <class V> CK_INLINE auto maximumOf(V value) {
  auto largest = value[0];
  for (size_t i = 1; i < sizeof(V) / sizeof(value[0]); ++i) largest = std::max<decltype(largest)>(largest, value[i]);
  return largest;
}

template <class Scalar> struct FloatFormat;
template <> struct FloatFormat<float> {
  typedef int32_t Bits;
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float magic = 0x1.8p23f;
};
template <> struct FloatFormat<double> {
  typedef int64_t Bits;
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double magic = 0x1.8p52;
};

/// 2^n for integers n, given as numbers in the normal range of exponents.
template <class Scalar> CK_INLINE Vector<Scalar> powerOfTwo(Mask<Scalar> n) {
  typedef FloatFormat<Scalar> Format;
  const Mask<Scalar> bits = (n + Format::bias) << Format::mantissa;
  return __builtin_bit_cast(Vector<Scalar>, bits);
}

/// The polynomial of exp on [-ln(2)/2, ln(2)/2], by Taylor's series.
CK_INLINE Vector<float> expPolynomial(Vector<float> r) {
  Vector<float> p = 1.0f / 5040;
  p = fma(p, r, 1.0f / 720);
  p = fma(p, r, 1.0f / 120);
  p = fma(p, r, 1.0f / 24);
  p = fma(p, r, 1.0f / 6);
  p = fma(p, r, 0.5f);
  return fma(p * r, r, r) + 1.0f;
}
CK_INLINE Vector<double> expPolynomial(Vector<double> r) {
  Vector<double> p = 1.0 / 6227020800;
  p = fma(p, r, 1.0 / 479001600);
  p = fma(p, r, 1.0 / 39916800);
  p = fma(p, r, 1.0 / 3628800);
  p = fma(p, r, 1.0 / 362880);
  p = fma(p, r, 1.0 / 40320);
  p = fma(p, r, 1.0 / 5040);
  p = fma(p, r, 1.0 / 720);
  p = fma(p, r, 1.0 / 120);
  p = fma(p, r, 1.0 / 24);
  p = fma(p, r, 1.0 / 6);
  p = fma(p, r, 0.5);
  return fma(p * r, r, r) + 1.0;
}

template <class Scalar> struct ExpRange;
template <> struct ExpRange<float> {
  static constexpr float lowest = -104.0f, highest = 89.0f;
  static constexpr float ln2High = 0x1.62e400p-1f, ln2Low = 0x1.7f7d1cp-20f;
};
template <> struct ExpRange<double> {
  static constexpr double lowest = -746.0, highest = 710.0;
  static constexpr double ln2High = 0x1.62e42fee00000p-1, ln2Low = 0x1.a39ef35793c76p-33;
};

/// exp(x) within 2 units in the last place; 0 and infinity beyond the range.
template <class Scalar> CK_INLINE Vector<Scalar> expOf(Vector<Scalar> x) {
  typedef FloatFormat<Scalar> Format;
  typedef ExpRange<Scalar> Range;
  const Vector<Scalar> clipped = minimum<Vector<Scalar>>(maximum<Vector<Scalar>>(x, Range::lowest), Range::highest);
  const Vector<Scalar> shifted = fma(clipped, Scalar(1.44269504088896340736), Vector<Scalar>(Format::magic));
  const Vector<Scalar> n = shifted - Format::magic;
  const Vector<Scalar> r = fma(n, Vector<Scalar>(-Range::ln2Low), fma(n, Vector<Scalar>(-Range::ln2High), clipped));
  const Mask<Scalar> integer = __builtin_convertvector(n, Mask<Scalar>);
  // Two factors, so that neither leaves the range of normal numbers when the result is subnormal or near the largest.
  const Mask<Scalar> half = integer >> 1;
  const Vector<Scalar> value = expPolynomial(r) * powerOfTwo<Scalar>(half) * powerOfTwo<Scalar>(integer - half);
  return choose(x == x, value, x);
}

/// exp(x) for x in [-87, 88] (64-bit: [-708, 709]) without the care that the edges of the range need: x below gives a
/// number near the smallest normal one, not 0.
template <class Scalar> CK_INLINE Vector<Scalar> expInRange(Vector<Scalar> x) {
  typedef FloatFormat<Scalar> Format;
  typedef ExpRange<Scalar> Range;
  const Vector<Scalar> clipped = maximum<Vector<Scalar>>(x, sizeof(Scalar) == 4 ? Scalar(-87) : Scalar(-708));
  const Vector<Scalar> shifted = fma(clipped, Scalar(1.44269504088896340736), Vector<Scalar>(Format::magic));
  const Vector<Scalar> n = shifted - Format::magic;
  const Vector<Scalar> r = fma(n, Vector<Scalar>(-Range::ln2Low), fma(n, Vector<Scalar>(-Range::ln2High), clipped));
  // The lowest bits of `shifted` are the integer, which moves into the exponent.
  const Mask<Scalar> exponent = __builtin_bit_cast(Mask<Scalar>, shifted) << Format::mantissa;
  return __builtin_bit_cast(Vector<Scalar>, __builtin_bit_cast(Mask<Scalar>, expPolynomial(r)) + exponent);
}

/// 2^f on [-1/2, 1/2] by the polynomials of least relative error: 2e-9 of degree 6, 2e-16 of degree 10.
CK_INLINE Vector<float> powerPolynomial(Vector<float> f) {
  Vector<float> p = 0.0001534581242594868f;
  p = fma(p, f, 0.0013399930903688073f);
  p = fma(p, f, 0.009618489071726799f);
  p = fma(p, f, 0.05550328642129898f);
  p = fma(p, f, 0.24022646248340607f);
  p = fma(p, f, 0.6931471824645996f);
  return fma(p, f, 1.0f);
}
CK_INLINE Vector<double> powerPolynomial(Vector<double> f) {
  Vector<double> p = 7.037278846726901e-09;
  p = fma(p, f, 1.0208537929657404e-07);
  p = fma(p, f, 1.3215662835959238e-06);
  p = fma(p, f, 1.5252658116409854e-05);
  p = fma(p, f, 0.00015403529961127076);
  p = fma(p, f, 0.0013333558228561767);
  p = fma(p, f, 0.009618129108034596);
  p = fma(p, f, 0.05550410866445883);
  p = fma(p, f, 0.24022650695908768);
  p = fma(p, f, 0.6931471805599497);
  return fma(p, f, 1.0);
}

/// 2^x for x up to 0; what is below the range of normal numbers gives about the smallest of them.
template <class Scalar> CK_INLINE Vector<Scalar> powerOf(Vector<Scalar> x) {
  typedef FloatFormat<Scalar> Format;
  // A comparison, which leaves NaN what it is, and is one instruction where the built-in maximum is three.
  const Vector<Scalar> least = Scalar(2 - Format::bias), clipped = choose(x < least, least, x);
  const Vector<Scalar> shifted = clipped + Format::magic;
  const Vector<Scalar> power = powerPolynomial(clipped - (shifted - Format::magic));
  // The lowest bits of `shifted` are the nearest integer, which moves into the exponent.
  const Mask<Scalar> exponent = __builtin_bit_cast(Mask<Scalar>, shifted) << Format::mantissa;
  return __builtin_bit_cast(Vector<Scalar>, __builtin_bit_cast(Mask<Scalar>, power) + exponent);
}

/// R(s^2) of the series of log((1 + s) / (1 - s)), as in fdlibm.
CK_INLINE Vector<float> logPolynomial(Vector<float> z) {
  Vector<float> p = 0.24279078841f;
  p = fma(p, z, 0.28498786688f);
  p = fma(p, z, 0.40000972152f);
  p = fma(p, z, 0.66666662693f);
  return p * z;
}
CK_INLINE Vector<double> logPolynomial(Vector<double> z) {
  Vector<double> p = 1.479819860511658591e-01;
  p = fma(p, z, 1.531383769920937332e-01);
  p = fma(p, z, 1.818357216161805012e-01);
  p = fma(p, z, 2.222219843214978396e-01);
  p = fma(p, z, 2.857142874366239149e-01);
  p = fma(p, z, 3.999999999940941908e-01);
  p = fma(p, z, 6.666666666666735130e-01);
  return p * z;
}

/// log(x) within 2 units in the last place; minus infinity at 0, NaN below 0.
template <class Scalar> CK_INLINE Vector<Scalar> logOf(Vector<Scalar> x) {
  typedef FloatFormat<Scalar> Format;
  typedef typename Format::Bits Bits;
  typedef ExpRange<Scalar> Range;
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  const Mask<Scalar> isSubnormal = x < std::numeric_limits<Scalar>::min();
  const Vector<Scalar> scale = Scalar(Bits(1) << Format::mantissa);
  const Vector<Scalar> scaled = choose(isSubnormal, x * scale, x);
  const Mask<Scalar> bits = __builtin_bit_cast(Mask<Scalar>, scaled);
  // The exponent such that the mantissa lies in [sqrt(1/2), sqrt(2)).
  const Scalar root = Scalar(0.70710678118654752440);
  const Mask<Scalar> rootBits = __builtin_bit_cast(Mask<Scalar>, Vector<Scalar>(root));
  const Mask<Scalar> exponent = (bits - rootBits) >> Format::mantissa;
  const Vector<Scalar> m = __builtin_bit_cast(Vector<Scalar>, bits - (exponent << Format::mantissa));
  const Vector<Scalar> k = __builtin_convertvector(exponent, Vector<Scalar>) +
                           choose(isSubnormal, Vector<Scalar>(Scalar(-Format::mantissa)), Vector<Scalar>(0));
  const Vector<Scalar> f = m - Scalar(1);
  const Vector<Scalar> s = f / (f + Scalar(2));
  const Vector<Scalar> z = s * s;
  const Vector<Scalar> half = f * f * Scalar(0.5);
  const Vector<Scalar> inner = fma(s, half + logPolynomial(z), k * Range::ln2Low);
  const Vector<Scalar> value = fma(k, Vector<Scalar>(Range::ln2High), f - (half - inner));
  const Vector<Scalar> finite = choose(x == infinity, x, value);
  const Vector<Scalar> positive = choose(x == Scalar(0), Vector<Scalar>(-infinity), finite);
  return choose(x >= Scalar(0), positive, Vector<Scalar>(std::numeric_limits<Scalar>::quiet_NaN()));
}
