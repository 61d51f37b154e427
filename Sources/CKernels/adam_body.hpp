// Adam over an array; see dispatch.hpp for how this file is read.

template <class Scalar>
static void adamArray(const CKAdam &adam, ptrdiff_t count, Scalar *values, const Scalar *gradients, Scalar *means,
                      Scalar *squares) {
  const double first = 1 - std::pow(adam.beta1, double(adam.step)), second = 1 - std::pow(adam.beta2, double(adam.step));
  const Scalar kept = Scalar(1 - (adam.is_decoupled ? adam.learning_rate * adam.weight_decay : 0));
  const Scalar decay = Scalar(adam.is_decoupled ? 0 : adam.weight_decay);
  const Scalar meanShare = Scalar(1 - adam.beta1), squareShare = Scalar(1 - adam.beta2), keptSquare = Scalar(adam.beta2);
  const Scalar size = Scalar(adam.learning_rate / first), root = Scalar(std::sqrt(second));
  const Scalar epsilon = Scalar(adam.epsilon);
  constexpr ptrdiff_t width = widthOf<Scalar>;
  for (ptrdiff_t i = 0; i < count; i += width) {
    const ptrdiff_t part = std::min(width, count - i);
    const auto read = [&](const Scalar *array) {
      return part == width ? load<Scalar>(array + i) : loadPart<Scalar>(array + i, part, Scalar(0));
    };
    const auto write = [&](Scalar *array, Vector<Scalar> vector) {
      part == width ? store<Scalar>(array + i, vector) : storePart<Scalar>(array + i, part, vector);
    };
    const Vector<Scalar> value = read(values) * kept;
    const Vector<Scalar> gradient = decay == 0 ? read(gradients) : read(gradients) + value * decay;
    const Vector<Scalar> before = read(means), mean = before + (gradient - before) * meanShare;
    const Vector<Scalar> square = read(squares) * keptSquare + gradient * gradient * squareShare;
    write(means, mean);
    write(squares, square);
    write(values, value - mean * size / (__builtin_elementwise_sqrt(square) / root + epsilon));
  }
}
