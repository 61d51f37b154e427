// Adam over an array, and sums of squares; see dispatch.hpp for how this file is read.

template <class Scalar> static void adamArray(const CKAdam &adam, ptrdiff_t count, const AdamArrays<Scalar> &arrays) {
  const double first = 1 - std::pow(adam.beta1, double(adam.step)), second = 1 - std::pow(adam.beta2, double(adam.step));
  const Scalar kept = Scalar(1 - (adam.is_decoupled ? adam.learning_rate * adam.weight_decay : 0));
  const Scalar decay = Scalar(adam.is_decoupled ? 0 : adam.weight_decay);
  const Scalar meanShare = Scalar(1 - adam.beta1), squareShare = Scalar(1 - adam.beta2), keptSquare = Scalar(adam.beta2);
  const Scalar size = Scalar(adam.learning_rate / first), root = Scalar(std::sqrt(second));
  const Scalar epsilon = Scalar(adam.epsilon), scale = Scalar(adam.gradient_scale), share = Scalar(adam.average_share);
  constexpr ptrdiff_t width = widthOf<Scalar>;
  for (ptrdiff_t i = 0; i < count; i += width) {
    const ptrdiff_t part = std::min(width, count - i);
    const auto read = [&](const Scalar *array) {
      return part == width ? load<Scalar>(array + i) : loadPart<Scalar>(array + i, part, Scalar(0));
    };
    const auto write = [&](Scalar *array, Vector<Scalar> vector) {
      part == width ? store<Scalar>(array + i, vector) : storePart<Scalar>(array + i, part, vector);
    };
    const Vector<Scalar> value = read(arrays.values) * kept, given = read(arrays.gradients) * scale;
    const Vector<Scalar> gradient = decay == 0 ? given : given + value * decay;
    const Vector<Scalar> before = read(arrays.means), mean = before + (gradient - before) * meanShare;
    const Vector<Scalar> square = read(arrays.squares) * keptSquare + gradient * gradient * squareShare;
    const Vector<Scalar> moved = value - mean * size / (__builtin_elementwise_sqrt(square) / root + epsilon);
    write(arrays.means, mean);
    write(arrays.squares, square);
    write(arrays.values, moved);
    if (!arrays.averages) continue;
    const Vector<Scalar> average = read(arrays.averages);
    write(arrays.averages, average + (moved - average) * share);
  }
}

CK_INLINE Vector<double> wideSquares(const double *array) {
  const Vector<double> x = load<double>(array);
  return x * x;
}
/// Of as many numbers as a vector has, added in pairs.
CK_INLINE Vector<double> wideSquares(const float *array) {
  const Vector<float> x = load<float>(array);
  const Vector<double> low = __builtin_convertvector(x.lo, Vector<double>);
  const Vector<double> high = __builtin_convertvector(x.hi, Vector<double>);
  return fma(low, low, high * high);
}

template <class Scalar> static double sumOfSquares(ptrdiff_t count, const Scalar *array) {
  constexpr ptrdiff_t width = widthOf<Scalar>;
  constexpr int chains = 4; // additions that do not wait for one another
  Vector<double> sums[chains] = {};
  ptrdiff_t i = 0;
  for (; i + chains * width <= count; i += chains * width)
    CK_UNROLL for (int chain = 0; chain < chains; ++chain) sums[chain] += wideSquares(array + i + chain * width);
  double total = 0;
  for (; i < count; ++i) total += double(array[i]) * double(array[i]);
  const Vector<double> all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (ptrdiff_t lane = 0; lane < widthOf<double>; ++lane) total += all[lane];
  return total;
}
