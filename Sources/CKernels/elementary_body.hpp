// Exponential and logarithm over arrays; see dispatch.hpp for how this file is read.

template <class Scalar, class Function>
CK_INLINE void mapArray(const Scalar *x, Scalar *out, ptrdiff_t count, Function function) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  ptrdiff_t i = 0;
  for (; i + width <= count; i += width) store<Scalar>(out + i, function(load<Scalar>(x + i)));
  if (i < count) storePart<Scalar>(out + i, count - i, function(loadPart<Scalar>(x + i, count - i, Scalar(1))));
}

template <class Scalar> static void expArray(const Scalar *x, Scalar *out, ptrdiff_t count) {
  mapArray<Scalar>(x, out, count, [](Vector<Scalar> v) { return expOf<Scalar>(v); });
}
template <class Scalar> static void logArray(const Scalar *x, Scalar *out, ptrdiff_t count) {
  mapArray<Scalar>(x, out, count, [](Vector<Scalar> v) { return logOf<Scalar>(v); });
}
