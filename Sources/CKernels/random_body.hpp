// Normal numbers of lanes, for the bodies that draw. Read like simd_body.hpp, after it.
#include "philox_body.hpp"
#pragma clang fp contract(off)

/// -2 log(x) for normal numbers x in (0, 1], as in logOf, of separate products and sums.
template <class Scalar> CK_INLINE Vector<Scalar> minusTwoLog(Vector<Scalar> x) {
  typedef FloatFormat<Scalar> Format;
  const Mask<Scalar> bits = __builtin_bit_cast(Mask<Scalar>, x);
  const Mask<Scalar> root = __builtin_bit_cast(Mask<Scalar>, Vector<Scalar>(Scalar(0.70710678118654752440)));
  const Mask<Scalar> exponent = (bits - root) >> Format::mantissa;
  const Vector<Scalar> f = __builtin_bit_cast(Vector<Scalar>, bits - (exponent << Format::mantissa)) - Scalar(1);
  const Vector<Scalar> s = f / (f + Scalar(2)), z = s * s, half = f * f * Scalar(0.5);
  Vector<Scalar> p;
  if constexpr (sizeof(Scalar) == 4) {
    p = ((Scalar(0.24279078841) * z + Scalar(0.28498786688)) * z + Scalar(0.40000972152)) * z + Scalar(0.66666662693);
  } else {
    p = Scalar(1.479819860511658591e-01) * z + Scalar(1.531383769920937332e-01);
    p = (p * z + Scalar(1.818357216161805012e-01)) * z + Scalar(2.222219843214978396e-01);
    p = ((p * z + Scalar(2.857142874366239149e-01)) * z + Scalar(3.999999999940941908e-01)) * z;
    p = p + Scalar(6.666666666666735130e-01);
  }
  // The integer as a number: the exponent's 32 bits are enough, and every instruction set converts them.
  Vector<Scalar> k;
  if constexpr (sizeof(Scalar) == 4) {
    k = __builtin_convertvector(exponent, Vector<Scalar>);
  } else {
    k = __builtin_bit_cast(Vector<Scalar>, exponent + __builtin_bit_cast(Mask<Scalar>, Vector<Scalar>(Format::magic))) -
        Format::magic;
  }
  const Vector<Scalar> inner = s * (half + p * z) + k * ExpRange<Scalar>::ln2Low;
  return (k * ExpRange<Scalar>::ln2High + (f - (half - inner))) * Scalar(-2);
}

/// Sine and cosine on [-pi/4, pi/4], by Taylor's series.
template <class Scalar> CK_INLINE void sineAndCosine(Vector<Scalar> a, Vector<Scalar> &sine, Vector<Scalar> &cosine) {
  const Vector<Scalar> z = a * a;
  Vector<Scalar> s, c;
  if constexpr (sizeof(Scalar) == 4) {
    s = Scalar(1.0 / 362880) * z - Scalar(1.0 / 5040);
    c = Scalar(1.0 / 40320) * z - Scalar(1.0 / 720);
  } else {
    s = Scalar(1.0 / 355687428096000) * z - Scalar(1.0 / 1307674368000);
    s = (s * z + Scalar(1.0 / 6227020800)) * z - Scalar(1.0 / 39916800);
    s = (s * z + Scalar(1.0 / 362880)) * z - Scalar(1.0 / 5040);
    c = Scalar(1.0 / 20922789888000) * z - Scalar(1.0 / 87178291200);
    c = (c * z + Scalar(1.0 / 479001600)) * z - Scalar(1.0 / 3628800);
    c = (c * z + Scalar(1.0 / 40320)) * z - Scalar(1.0 / 720);
  }
  sine = a + a * z * ((s * z + Scalar(1.0 / 120)) * z - Scalar(1.0 / 6));
  cosine = Scalar(1) + z * ((c * z + Scalar(1.0 / 24)) * z - Scalar(0.5));
}

/// The two normal numbers of a radius and an angle: the angle's two highest bits choose the quarter of the circle.
template <class Scalar> CK_INLINE void boxMuller(Vector<Scalar> uniform, Vector<Scalar> fraction, Mask<Scalar> quarter,
                                                 Vector<Scalar> &first, Vector<Scalar> &second) {
  const Vector<Scalar> radius = __builtin_elementwise_sqrt(minusTwoLog<Scalar>(uniform));
  Vector<Scalar> sine, cosine;
  sineAndCosine<Scalar>(fraction * Scalar(1.57079632679489661923), sine, cosine);
  const Mask<Scalar> isOdd = (quarter & 1) != 0, isLater = (quarter & 2) != 0;
  const Vector<Scalar> signedRadius = choose(isLater, -radius, radius);
  first = signedRadius * choose(isOdd, -sine, cosine);
  second = signedRadius * choose(isOdd, cosine, sine);
}

/// How many normal numbers a block of four words gives.
template <class Scalar> constexpr ptrdiff_t normalsInBlock = 16 / sizeof(Scalar);

/// The normal numbers of the lanes' words: number c of each lane at `out + c * stride`.
CK_INLINE void normalsOf(const WordBlock &block, float *out, ptrdiff_t stride) {
  for (int pair = 0; pair < 2; ++pair) {
    const Words a = block.words[2 * pair], b = block.words[2 * pair + 1];
    const Vector<float> number = __builtin_convertvector(__builtin_bit_cast(Mask<float>, a >> 1), Vector<float>);
    const Vector<float> angle = __builtin_convertvector(__builtin_bit_cast(Mask<float>, b << 2), Vector<float>);
    Vector<float> first, second;
    boxMuller<float>((number + 0.5f) * 0x1p-31f, angle * 0x1p-32f, __builtin_bit_cast(Mask<float>, b >> 30), first,
                     second);
    store<float>(out + 2 * pair * stride, first);
    store<float>(out + (2 * pair + 1) * stride, second);
  }
}
CK_INLINE Vector<double> fromOneToTwo(LongWords bits) {
  return __builtin_bit_cast(Vector<double>, (bits >> 12) | LongWords(0x3ff0000000000000ull));
}
CK_INLINE void normalsOf(const WordBlock &block, double *out, ptrdiff_t stride) {
  constexpr ptrdiff_t half = wordLanes / 2;
  for (int part = 0; part < 2; ++part) {
    LongWords w[4];
    for (int i = 0; i < 4; ++i)
      w[i] = __builtin_convertvector(part == 0 ? block.words[i].lo : block.words[i].hi, LongWords);
    const LongWords a = w[0] | (w[1] << 32), b = w[2] | (w[3] << 32);
    Vector<double> first, second;
    boxMuller<double>(fromOneToTwo(a) - (1 - 0x1p-53), fromOneToTwo(b << 2) - 1.5,
                      __builtin_bit_cast(Mask<double>, b >> 62), first, second);
    store<double>(out + part * half, first);
    store<double>(out + stride + part * half, second);
  }
}
