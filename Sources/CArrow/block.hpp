// A block of rows on its way from a file to one row-major matrix.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "problem.hpp"

namespace pushforward {

/// One chosen column.
struct Selection {
  int64_t column = 0;
  ca_treatment treatment = CA_NUMBER;
  std::optional<std::vector<std::string>> categories;
};

/// What to read and how; fixed before the first row.
struct Plan {
  std::vector<Selection> selections;
  bool wide = false;
  ca_missing missing = CA_REFUSE;
  int64_t maximum_categories = 1000;
  std::unordered_set<std::string> missing_texts;
  size_t longest_missing_text = 0;

  int64_t width() const { return static_cast<int64_t>(selections.size()); }
  size_t scalar_size() const { return wide ? sizeof(double) : sizeof(float); }
  bool is_missing(std::string_view text) const;
};

/// Texts in order of appearance, with their numbers.
class Dictionary {
 public:
  int64_t code(std::string_view text);
  const std::vector<std::string> &texts() const { return texts_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> codes_;
  std::vector<std::string> texts_;
};

struct BlockColumn {
  Dictionary dictionary;
  int64_t first_number = -1, first_boolean = -1;  // 0-based rows of the block
  int64_t first_rounded = -1;
};

/// Rows as numbers. Categories are codes of the block's own dictionaries until a table takes the block in.
struct Block {
  int64_t rows = 0;       // kept
  int64_t rows_read = 0;  // with the dropped ones
  int64_t lines = 0;      // of text that the block covers
  std::unique_ptr<uint8_t[]> values;
  std::vector<BlockColumn> columns;
  /// The earliest problem; its row and line count from the block's beginning (0-based row).
  std::optional<Problem> problem;
};

/// Fills a block cell by cell, remembering its earliest problem.
template <class Scalar>
class Filler {
 public:
  Filler(const Plan &plan, Block &block, int64_t rows) : plan_(plan), block_(block), width_(plan.width()) {
    block.rows = block.rows_read = rows;
    block.values = std::make_unique_for_overwrite<uint8_t[]>(sizeof(Scalar) * rows * width_);
    block.columns.resize(width_);
    values_ = reinterpret_cast<Scalar *>(block.values.get());
  }

  /// Stores a number; false when the row is refused.
  bool number(int64_t selected, int64_t row, double value) {
    if (!(std::fabs(value) <= std::numeric_limits<Scalar>::max())) return not_finite(selected, row, value);
    if (std::fabs(value) > largest_exact_) note_rounding(selected, row, value);
    put(selected, row, value);
    return true;
  }

  bool missing(int64_t selected, int64_t row, std::string_view text) {
    return unusable(CA_MISSING, selected, row, text);
  }

  bool category(int64_t selected, int64_t row, std::string_view text) {
    put(selected, row, static_cast<double>(block_.columns[selected].dictionary.code(text)));
    return true;
  }

  bool fail(ca_status status, int64_t selected, int64_t row, std::string_view text) {
    if (!block_.problem || row < block_.problem->row) {
      Problem problem(status, "");
      problem.row = row;
      problem.column = plan_.selections[selected].column + 1;
      problem.text = std::string(text.substr(0, 80));
      problem.actual = block_.columns[selected].first_number >= 0 && block_.columns[selected].first_number < row;
      block_.problem = std::move(problem);
    }
    return false;
  }

  /// Takes the rows with unusable values out.
  void finish() {
    if (bad_.empty()) return;
    int64_t kept = 0;
    for (int64_t row = 0; row < block_.rows_read; ++row) {
      if (bad_[row]) continue;
      if (kept != row) std::copy_n(values_ + row * width_, width_, values_ + kept * width_);
      ++kept;
    }
    block_.rows = kept;
  }

 private:
  // Beyond, integers may have been rounded: 2^53 itself can stand for 2^53 + 1, read as a double.
  static constexpr double largest_exact_ = sizeof(Scalar) == 4 ? 16777216.0 : 9007199254740991.0;

  void put(int64_t selected, int64_t row, double value) {
    values_[row * width_ + selected] = static_cast<Scalar>(value);
  }

  void note_rounding(int64_t selected, int64_t row, double value) {
    auto &first = block_.columns[selected].first_rounded;
    if (first < 0 && value == std::trunc(value) && value < 1.9e19 && value > -1.9e19) first = row;
  }

  bool not_finite(int64_t selected, int64_t row, double value) {
    return unusable(CA_NOT_FINITE, selected, row, std::to_string(value), value);
  }

  bool unusable(ca_status status, int64_t selected, int64_t row, std::string_view text,
                double value = std::numeric_limits<double>::quiet_NaN()) {
    if (plan_.missing == CA_REFUSE) return fail(status, selected, row, text);
    put(selected, row, value);
    if (plan_.missing == CA_DROP) {
      bad_.resize(block_.rows_read);
      bad_[row] = true;
    }
    return true;
  }

  const Plan &plan_;
  Block &block_;
  int64_t width_;
  Scalar *values_ = nullptr;
  std::vector<bool> bad_;
};

}  // namespace pushforward
