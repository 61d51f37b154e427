// Transposes blocks of vectors; read inside a namespace, once for each instruction set, no include guard.

/// One round of a transposition: of each two lines `distance` apart, parts that far apart change places.
template <class Scalar, ptrdiff_t distance, size_t... lane>
CK_INLINE void exchange(Vector<Scalar> *lines, std::index_sequence<lane...>) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  CK_UNROLL for (ptrdiff_t i = 0; i < width; ++i) {
    if (i & distance) continue;
    const Vector<Scalar> first = lines[i], second = lines[i + distance];
    lines[i] = __builtin_shufflevector(first, second,
                                       (ptrdiff_t(lane) & distance ? ptrdiff_t(lane) - distance + width : lane)...);
    lines[i + distance] = __builtin_shufflevector(
        first, second, (ptrdiff_t(lane) & distance ? ptrdiff_t(lane) + width : ptrdiff_t(lane) + distance)...);
  }
}

/// Transposes as many vectors as a vector has elements.
template <class Scalar> CK_INLINE void transposeBlock(Vector<Scalar> *lines) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  constexpr auto lanes = std::make_index_sequence<width>();
  if constexpr (width > 8) exchange<Scalar, 8>(lines, lanes);
  if constexpr (width > 4) exchange<Scalar, 4>(lines, lanes);
  if constexpr (width > 2) exchange<Scalar, 2>(lines, lanes);
  exchange<Scalar, 1>(lines, lanes);
}
