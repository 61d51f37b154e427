// Facts about the columns of a matrix: what a fit should know before it starts.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "problem.hpp"

using namespace pushforward;

namespace {

// Rows beyond this many do not take part in the search for duplicates.
constexpr int64_t hashed_rows = int64_t{1} << 21;

template <class Scalar>
struct Matrix {
  const Scalar *values;
  int64_t rows, columns;

  double at(int64_t row, int64_t column) const { return static_cast<double>(values[row * columns + column]); }
};

template <class Scalar>
void accumulate(const Matrix<Scalar> &matrix, ca_column_facts *facts) {
  std::vector<double> sums(static_cast<size_t>(matrix.columns)), squares = sums;
  std::vector<double> shifts = sums;
  for (int64_t column = 0; column < matrix.columns; ++column) {
    facts[column] = ca_column_facts{};
    facts[column].minimum = std::numeric_limits<double>::infinity();
    facts[column].maximum = -facts[column].minimum;
    facts[column].is_integer = facts[column].is_row_number = true;
    const double first = matrix.rows > 0 ? matrix.at(0, column) : 0;
    shifts[static_cast<size_t>(column)] = std::isfinite(first) ? first : 0;
  }
  for (int64_t row = 0; row < matrix.rows; ++row) {
    for (int64_t column = 0; column < matrix.columns; ++column) {
      ca_column_facts &fact = facts[column];
      const double value = matrix.at(row, column);
      if (!std::isfinite(value)) {
        ++fact.not_finite;
        continue;
      }
      // Sums of differences from the first value: columns far from 0 keep their standard deviation.
      const double shifted = value - shifts[static_cast<size_t>(column)];
      sums[static_cast<size_t>(column)] += shifted;
      squares[static_cast<size_t>(column)] += shifted * shifted;
      fact.minimum = std::min(fact.minimum, value);
      fact.maximum = std::max(fact.maximum, value);
      fact.is_integer = fact.is_integer && value == std::trunc(value);
      if (row > 0 && value != matrix.at(row - 1, column) + 1) fact.is_row_number = false;
    }
  }
  for (int64_t column = 0; column < matrix.columns; ++column) {
    ca_column_facts &fact = facts[column];
    const auto count = static_cast<double>(matrix.rows - fact.not_finite);
    const double mean = count > 0 ? sums[static_cast<size_t>(column)] / count : 0;
    const double variance = count > 1 ? (squares[static_cast<size_t>(column)] - count * mean * mean) / (count - 1) : 0;
    fact.mean = shifts[static_cast<size_t>(column)] + mean;
    fact.standard_deviation = std::sqrt(std::max(variance, 0.0));
    if (count == 0) fact.minimum = fact.maximum = fact.mean = std::numeric_limits<double>::quiet_NaN();
    if (fact.not_finite > 0 || matrix.rows < 3) fact.is_row_number = false;
  }
}

template <class Scalar>
void count_distinct(const Matrix<Scalar> &matrix, int64_t column, int64_t sample, ca_column_facts &fact) {
  const int64_t examined = std::min(matrix.rows, sample);
  std::vector<Scalar> values;
  values.reserve(static_cast<size_t>(examined));
  for (int64_t index = 0; index < examined; ++index) {
    const auto row = static_cast<int64_t>(static_cast<__int128>(index) * matrix.rows / examined);
    const Scalar value = matrix.values[row * matrix.columns + column];
    if (std::isfinite(value)) values.push_back(value);
  }
  std::sort(values.begin(), values.end());
  fact.examined = static_cast<int64_t>(values.size());
  fact.smallest_gap = 0;
  int64_t most = 0;
  for (size_t begin = 0; begin < values.size();) {
    const size_t end = static_cast<size_t>(std::upper_bound(values.begin() + static_cast<std::ptrdiff_t>(begin),
                                                            values.end(), values[begin]) -
                                           values.begin());
    ++fact.distinct;
    if (static_cast<int64_t>(end - begin) > most) {
      most = static_cast<int64_t>(end - begin);
      fact.most_repeated_value = static_cast<double>(values[begin]);
    }
    if (end < values.size()) {
      const double gap = static_cast<double>(values[end]) - static_cast<double>(values[begin]);
      if (fact.smallest_gap == 0 || gap < fact.smallest_gap) fact.smallest_gap = gap;
    }
    begin = end;
  }
  if (!values.empty()) fact.most_repeated_share = static_cast<double>(most) / static_cast<double>(values.size());
}

uint64_t mixed(uint64_t state, uint64_t value) {
  state = (state ^ value) * 0x9e3779b97f4a7c15ULL;
  return state ^ (state >> 29);
}

template <class Scalar>
double duplicates(const Matrix<Scalar> &matrix) {
  const int64_t rows = std::min(matrix.rows, hashed_rows);
  std::vector<uint64_t> hashes(static_cast<size_t>(rows));
  for (int64_t row = 0; row < rows; ++row) {
    uint64_t hash = 0x243f6a8885a308d3ULL;
    for (int64_t column = 0; column < matrix.columns; ++column)
      hash = mixed(hash, std::bit_cast<uint64_t>(matrix.at(row, column) + 0.0));  // + 0.0: -0 equals 0
    hashes[static_cast<size_t>(row)] = mixed(hash, 0x13198a2e03707344ULL);
  }
  std::sort(hashes.begin(), hashes.end());
  const auto distinct = std::unique(hashes.begin(), hashes.end()) - hashes.begin();
  return rows > 0 ? 1 - static_cast<double>(distinct) / static_cast<double>(rows) : 0;
}

template <class Scalar>
double inspect(const Matrix<Scalar> &matrix, int64_t sample, ca_column_facts *facts) {
  accumulate(matrix, facts);
  for (int64_t column = 0; column < matrix.columns; ++column) count_distinct(matrix, column, sample, facts[column]);
  return duplicates(matrix);
}

}  // namespace

int32_t ca_inspect(const void *values, bool wide, int64_t rows, int64_t columns, int64_t sample,
                   ca_column_facts *facts, double *duplicate_row_share, ca_error *error) CA_NOEXCEPT {
  return guarded(error, [&] {
    *duplicate_row_share =
        wide ? inspect(Matrix<double>{static_cast<const double *>(values), rows, columns}, sample, facts)
             : inspect(Matrix<float>{static_cast<const float *>(values), rows, columns}, sample, facts);
  });
}
